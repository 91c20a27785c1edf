import { useEffect, useState } from 'react';
import { refresh } from '../query-client.ts';

/** A stream that was refused (too many of them, a process that stops) is asked for again; the browser does not. */
const againMs = 20_000;

/**
 * Reads anew what is shown when an event comes or changes (server-sent events). Nobody looks at a hidden tab: its
 * stream is closed, since a browser opens six connections to a host at most, for all tabs together.
 * @param options.pauseMs so long between two readings, 1,000 unless told: a busy page has many events a second
 * @returns whether the stream is open: while it is not, lists ask again by themselves
 */
export function useLiveEvents(organization: string, { isWanted = true, pauseMs = 1_000 } = {}): boolean {
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    if (!isWanted) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let again: ReturnType<typeof setTimeout> | undefined;
    let stream: EventSource | undefined;
    let isReading = false;
    let isDue = false;
    // One reading after the other: the next would break the one off that is under way, and a slow list never be shown.
    const refreshSoon = () => {
      isDue = true;
      if (isReading) return;
      timer ??= setTimeout(async () => {
        timer = undefined;
        isDue = false;
        isReading = true;
        await refresh();
        isReading = false;
        if (isDue && stream) refreshSoon();
      }, pauseMs);
    };
    const close = () => {
      clearTimeout(again);
      stream?.close();
      stream = undefined;
      setOpen(false);
    };
    const open = () => {
      close();
      if (document.hidden) return;
      stream = new EventSource(`/v1/organizations/${encodeURIComponent(organization)}/events/stream`);
      stream.addEventListener('open', () => {
        setOpen(true);
        // What came while nobody listened is not told.
        refreshSoon();
      });
      stream.addEventListener('error', () => {
        setOpen(false);
        if (stream?.readyState === EventSource.CLOSED) again = setTimeout(open, againMs);
      });
      stream.addEventListener('event', refreshSoon);
    };
    open();
    document.addEventListener('visibilitychange', open);
    return () => {
      document.removeEventListener('visibilitychange', open);
      clearTimeout(timer);
      close();
    };
  }, [organization, isWanted, pauseMs]);
  return isOpen;
}
