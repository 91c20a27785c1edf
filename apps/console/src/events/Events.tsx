import { PageHead } from '../shell/PageHead.tsx';

export function Events() {
  return <PageHead title="Events" />;
}
