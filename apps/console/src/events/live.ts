import { useEffect, useState } from 'react';
import { refresh } from '../query-client.ts';

/** At most so often; a busy page has many events a second. */
const pauseMs = 1_000;

/**
 * Reads anew what is shown when an event comes or changes (server-sent events).
 * @returns whether the stream is open: while it is not, lists ask again by themselves
 */
export function useLiveEvents(organization: string, isWanted = true): boolean {
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    if (!isWanted) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stream = new EventSource(`/v1/organizations/${encodeURIComponent(organization)}/events/stream`);
    stream.addEventListener('open', () => setOpen(true));
    stream.addEventListener('error', () => setOpen(false));
    stream.addEventListener('event', () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        void refresh();
      }, pauseMs);
    });
    return () => {
      clearTimeout(timer);
      stream.close();
      setOpen(false);
    };
  }, [organization, isWanted]);
  return isOpen;
}
