import { PageHead } from '../shell/PageHead.tsx';

export function IntegrationPage() {
  return <PageHead title="IntegrationPage" />;
}
