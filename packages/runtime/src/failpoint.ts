import { writeSync } from 'node:fs';

/** Named places at which a test may kill or stop the process, as `kill -9` or `kill -STOP` would. */
export const failpoints = [
  'inbox.before_commit',
  'inbox.after_commit',
  'nudge.before_enqueue',
  'drain.after_claim',
  'drain.after_close',
  'reply.before_intent',
  'reply.before_http',
  'reply.after_http',
  'reply.before_commit',
  'reply.after_look',
  'purge.after_rows',
  'purge.before_keys',
  'purge.before_jobs',
  'unsubscribe.before_http',
  'unsubscribe.after_http',
  'check.after_lease',
  'check.before_exchange',
  'check.after_exchange',
  'check.after_list',
  'check.after_examination',
  'check.after_claim',
  'check.before_store',
  'check.before_commit',
  'check.after_commit',
] as const;

export type Failpoint = (typeof failpoints)[number];

/** Which failpoint, at which time that it is passed (the first is 1), and by which signal. */
export interface ArmedFailpoint {
  name: Failpoint;
  pass: number;
  signal: 'SIGKILL' | 'SIGSTOP';
}

let armed: ArmedFailpoint | undefined;

/** Reads `reply.before_http` or `reply.before_http:3`; null for what is none. */
export function parseFailpoint(text: string): Pick<ArmedFailpoint, 'name' | 'pass'> | null {
  const [, word, pass = '1'] = /^([^:]+)(?::(\d{1,6}))?$/.exec(text) ?? [];
  const name = failpoints.find(known => known === word);
  return name && Number(pass) > 0 ? { name, pass: Number(pass) } : null;
}

/** Arms one failpoint, once, for the life of the process. Refused in production by the environment's schema. */
export function armFailpoint(failpoint: ArmedFailpoint | undefined): void {
  armed = failpoint && { ...failpoint };
}

/** Dies or stops here if this failpoint is armed. SIGKILL: no handler runs, no buffer is flushed. */
export function failpoint(name: Failpoint): void {
  if (armed?.name !== name) return;
  armed.pass -= 1;
  if (armed.pass > 0) return;
  const { signal } = armed;
  armed = undefined;
  // Whoever counts the kills is told where it was.
  writeSync(2, `failpoint ${name}\n`);
  process.kill(process.pid, signal);
}
