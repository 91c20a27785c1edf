import { Badge } from '../shell/Notice.tsx';

/** Whether a list follows what happens. */
export const Live = ({ isOpen }: { isOpen: boolean }) => (
  <Badge tone={isOpen ? 'good' : 'idle'}>{isOpen ? 'Live' : 'Not live'}</Badge>
);
