import type { Log } from './log.ts';

/**
 * Waits for SIGTERM, SIGINT or the end of the parent process, then stops: `stop` first ends the intake, then
 * finishes or releases what runs. Exits 0 when it came to an end, 1 when the deadline passed first.
 */
export function stopOnSignal(log: Log, stop: () => Promise<void>, deadlineMs = 10_000): void {
  let stopping = false;
  const begin = (reason: string) => {
    if (stopping) return;
    stopping = true;
    log.info({ reason }, 'stopping');
    setTimeout(() => {
      log.error({ deadlineMs }, 'did not stop in time');
      process.exit(1);
    }, deadlineMs).unref();
    stop().then(
      () => process.exit(0),
      error => {
        log.error({ err: error }, 'could not stop cleanly');
        process.exit(1);
      },
    );
  };
  // `on`: with `once` a second Ctrl-C would find no handler and kill a process that is about to be done.
  process.on('SIGTERM', () => begin('SIGTERM'));
  process.on('SIGINT', () => begin('SIGINT'));
  // A supervisor that was killed takes its channel along: without this its children would keep the ports.
  if (process.send) {
    process.once('disconnect', () => begin('parent gone'));
    if (!process.connected) begin('parent gone');
  }
}

/** Tells a supervising parent that this process serves now, and on which port (null for a process without one). */
export function announceReady(port: number | null): void {
  process.send?.({ ready: true, port });
}
