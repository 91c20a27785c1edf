import { PageHead } from '../shell/PageHead.tsx';

export function EventPage() {
  return <PageHead title="EventPage" />;
}
