import { PageHead } from '../shell/PageHead.tsx';

export function Connect() {
  return <PageHead title="Connect" />;
}
