import { PageHead } from '../shell/PageHead.tsx';

export function StaffUsers() {
  return <PageHead title="StaffUsers" />;
}
