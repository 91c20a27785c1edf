import { PageHead } from '../shell/PageHead.tsx';

export function Replies() {
  return <PageHead title="Replies" />;
}
