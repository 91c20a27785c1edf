import { PageHead } from '../shell/PageHead.tsx';

export function Settings() {
  return <PageHead title="Settings" />;
}
