import { PageHead } from '../shell/PageHead.tsx';

export function ConnectionPage() {
  return <PageHead title="ConnectionPage" />;
}
