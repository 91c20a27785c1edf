import type { Uuid } from '../ids.ts';
import { TenantModel } from '../tenancy/tenant-model.ts';
import type { Sealed } from '../vault/sealed.ts';

/** Most serious first. */
export const pageStatuses = [
  'disconnected',
  'page_lost',
  'needs_reauth',
  'blocked_user_action',
  'needs_permission',
  'not_subscribed',
  'expiring',
  'unverified',
  'healthy',
] as const;

export type PageStatus = (typeof pageStatuses)[number];

/** Statuses in which the page's token is dead: no call is made with it until a check finds it alive. */
export const tokenDeadStatuses: readonly PageStatus[] = ['page_lost', 'needs_reauth', 'blocked_user_action'];

/** A reply was refused as if the token were dead: nothing is sent until a check has found out. */
export const awaitsCheck = 'A reply was refused; a check finds out why.';

/** Facebook's header says that the page's allowance is used up: the next call would be refused. */
export const usedUp = 'The calls that Facebook allows for this page are used up for now.';

/** Why a page is not healthy, and what a person does about it. */
export interface StatusReason {
  code: string;
  detail: string;
  fix: string;
}

/** What Facebook knows of an integration's page. Has the integration's id. */
export class FacebookPageIntegration extends TenantModel {
  static override tableName = 'facebook_page_integrations';
  static override sealedColumns = ['page_access_token'];
  static override get jsonAttributes() {
    return ['status_reason', 'findings'];
  }

  declare id: Uuid;
  declare login_id: Uuid;
  declare page_id: string;
  declare page_name: string;
  declare page_category: string | null;
  declare page_url: string | null;
  declare page_access_token: Sealed;
  declare status: PageStatus;
  declare status_reason: StatusReason | null;
  declare status_since: Date;
  declare next_check_at: Date | null;
  declare last_checked_at: Date | null;
  /** What the last check saw (`facebook/findings.ts`). */
  declare findings: object | null;
  /** The page is left alone until then, in business time: Facebook asked for it, or a check has to look first. */
  declare paused_until: Date | null;
  declare pause_reason: string | null;
  /** Grows whenever the tokens are replaced or the claim moves: work begun under an older one finds nothing. */
  declare generation: number;
  /** Another organization took the page over, and the people here were not told yet. */
  declare moved_at: Date | null;
  /** When its token was found to work while events wait for it; null once they go on. */
  declare revived_at: Date | null;
  declare drain_token: Uuid | null;
  declare drain_until: Date | null;
  declare created_at: Date;
  declare updated_at: Date;
}
