const pauseMs = 1_000;
/** Messages differ without end where they name what they are about. */
const maxMessages = 100;

/**
 * Says what fails, each message once a second at most: in an outage of the database every delivery fails, and a line
 * for each would be ten thousand a second.
 * @param say gets how many more there were since it was said last
 */
export function onceASecond(say: (error: unknown, more: number) => void): (error: unknown) => void {
  const said = new Map<string, { atMs: number; more: number }>();
  return error => {
    const message = error instanceof Error ? error.message : String(error);
    const last = said.get(message);
    const now = performance.now();
    if (last && now - last.atMs < pauseMs) {
      last.more += 1;
      return;
    }
    said.delete(message);
    said.set(message, { atMs: now, more: 0 });
    // The one that was said longest ago.
    if (said.size > maxMessages) said.delete(said.keys().next().value!);
    say(error, last?.more ?? 0);
  };
}
