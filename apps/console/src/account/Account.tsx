import { PageHead } from '../shell/PageHead.tsx';

export function Account() {
  return <PageHead title="Account" />;
}
