import type { Uuid } from '../ids.ts';

/** Who acts. A closed union: each kind enters a tenant by its own rule and is named in the audit log. */
export type Actor =
  | { readonly type: 'user'; readonly userId: Uuid }
  | { readonly type: 'job'; readonly job: string; readonly jobId: string };

export type UserActor = Extract<Actor, { type: 'user' }>;
export type JobActor = Extract<Actor, { type: 'job' }>;
