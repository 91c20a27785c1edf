import type { Uuid } from '../ids.ts';
import type { LoginFindings } from './examine-login.ts';
import type { Verdict } from './judge-page.ts';
import type { LeasedLogin } from './lease-login.ts';
import type { SubscriptionFindings } from './reconcile-subscriptions.ts';

/** All that a check found out. */
export interface CheckedLogin {
  login: LeasedLogin;
  findings: LoginFindings;
  /** By integration; a page of which nothing could be found out has none. */
  verdicts: ReadonlyMap<Uuid, Verdict>;
  subscriptions: ReadonlyMap<Uuid, SubscriptionFindings>;
}
