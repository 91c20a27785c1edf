import { PageHead } from '../shell/PageHead.tsx';

export function Overview() {
  return <PageHead title="Overview" />;
}
