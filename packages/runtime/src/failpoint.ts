/** Named places at which a test may kill the process, as `kill -9` would. */
export type Failpoint =
  | 'drain.after_claim'
  | 'reply.before_http'
  | 'reply.after_http'
  | 'reply.before_commit'
  | 'purge.after_rows'
  | 'purge.before_keys'
  | 'purge.before_jobs'
  | 'unsubscribe.before_http'
  | 'unsubscribe.after_http'
  | 'check.after_lease'
  | 'check.after_examination'
  | 'check.before_store';

let armed: string | undefined;

/** Arms one failpoint for the life of the process. Refused in production by the environment's schema. */
export function armFailpoint(name: string | undefined): void {
  armed = name;
}

/** Dies here if this failpoint is armed. SIGKILL: no handler runs, no buffer is flushed. */
export function failpoint(name: Failpoint): void {
  if (name === armed) process.kill(process.pid, 'SIGKILL');
}
