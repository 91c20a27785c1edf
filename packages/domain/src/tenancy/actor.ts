import type { Uuid } from '../ids.ts';

/** Who acts. A closed union: each kind enters a tenant by its own door, which says by what right. */
export type Actor =
  /** `isFresh`: they signed in within the last ten minutes, where the process knows. */
  | { readonly type: 'user'; readonly userId: Uuid; readonly isFresh?: boolean }
  /** Known by the SHA-256 of its secret, in hex; the door looks it up. */
  | { readonly type: 'api_key'; readonly secretHash: string }
  | { readonly type: 'job'; readonly job: string; readonly jobId: string };

export type UserActor = Extract<Actor, { type: 'user' }>;
export type ApiKeyActor = Extract<Actor, { type: 'api_key' }>;
export type JobActor = Extract<Actor, { type: 'job' }>;

/** Who may send a request: a person with a session, or a customer's program. */
export type Caller = UserActor | ApiKeyActor;
