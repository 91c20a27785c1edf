import { PageHead } from '../shell/PageHead.tsx';

export function StaffOrganizations() {
  return <PageHead title="StaffOrganizations" />;
}
