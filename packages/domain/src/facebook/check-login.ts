import type { GraphError } from '@pagekeeper/facebook/graph-error';
import type { Context } from '../context.ts';
import type { Uuid } from '../ids.ts';
import type { PageStatus } from '../integrations/facebook-page-integration.ts';
import { drainEventsJob } from '../jobs.ts';
import { nudge } from '../nudge.ts';
import { isGone, withTenant } from '../tenancy/doors.ts';
import { VaultError } from '../vault/vault.ts';
import { claimPages } from './claim-pages.ts';
import { ExaminationFailed, examineLogin, type LoginFindings } from './examine-login.ts';
import { judgePage } from './judge-page.ts';
import { type LeasedLogin, leaseLogin } from './lease-login.ts';
import { leaveOvertaken } from './leave-overtaken.ts';
import { reconcileSubscription } from './reconcile-subscription.ts';
import { storeDamage } from './store-damage.ts';
import { type PageVerdict, postponeCheck, storeVerdicts } from './store-verdicts.ts';

export type CheckOutcome =
  | { outcome: 'checked'; pages: { integration_id: Uuid; status: PageStatus }[] }
  /** Another process holds the lease. */
  | { outcome: 'busy' }
  | { outcome: 'gone' }
  /** A call of ours failed: no status was touched, the check is repeated soon. */
  | { outcome: 'throttled' | 'unreachable'; detail: string };

/**
 * Checks one login and all pages behind it: tokens, claim, subscription, expiry. Reads, calls Facebook outside of any
 * transaction, stores by compare-and-set.
 */
export async function checkLogin(
  ctx: Context,
  appId: string,
  input: { organization_id: Uuid; login_id: Uuid },
): Promise<CheckOutcome> {
  const { organization_id: organization, login_id } = input;
  try {
    const login = await withTenant(ctx, { organization }, tx => leaseLogin(tx, ctx.vault, login_id));
    return login ? await examineAndStore(ctx, appId, login) : { outcome: 'busy' };
  } catch (error) {
    if (isGone(error)) return { outcome: 'gone' };
    if (!(error instanceof VaultError)) throw error;
    ctx.log.error({ err: error, login_id }, 'a stored token does not open');
    const pages = await withTenant(ctx, { organization }, tx => storeDamage(tx, login_id));
    return { outcome: 'checked', pages };
  }
}

async function examineAndStore(ctx: Context, appId: string, login: LeasedLogin): Promise<CheckOutcome> {
  const organization = login.organizationId;
  try {
    const findings = await examineLogin(ctx.graph, login);
    const verdicts = await judgeAll(ctx, appId, login, findings);
    const { revived, overtaken } = await withTenant(ctx, { organization }, tx =>
      storeVerdicts(tx, ctx.vault, login, findings, verdicts),
    ).catch(async error => {
      // The organization was deactivated during the check.
      if (isGone(error)) await leaveOvertaken(ctx, login, verdicts);
      throw error;
    });
    await leaveOvertaken(ctx, login, overtaken);
    for (const integration_id of revived) {
      await nudge(ctx, drainEventsJob, { organization_id: organization, integration_id });
    }
    return {
      outcome: 'checked',
      pages: verdicts.map(({ found, verdict }) => ({
        integration_id: found.page.integrationId,
        status: verdict.status,
      })),
    };
  } catch (error) {
    if (!(error instanceof ExaminationFailed)) throw error;
    const { graphError } = error;
    await withTenant(ctx, { organization }, tx => postponeCheck(tx, login, graphError.waitMs));
    ctx.log.warn({ outcome: graphError.outcome, code: graphError.code, login_id: login.id }, 'check failed');
    return { outcome: outcomeOf(graphError), detail: graphError.message };
  }
}

const outcomeOf = ({ outcome }: GraphError) => (outcome.startsWith('THROTTLED') ? 'throttled' : 'unreachable');

// Claims come before subscriptions: only who holds the page may change what Facebook sends for it.
async function judgeAll(
  ctx: Context,
  appId: string,
  login: LeasedLogin,
  findings: LoginFindings,
): Promise<PageVerdict[]> {
  const proven = findings.pages.filter(
    ({ info, page }) => info.isValid && info.type === 'PAGE' && info.profileId === page.pageId && info.appId === appId,
  );
  const held = await withTenant(ctx, { organization: login.organizationId }, tx => claimPages(tx, proven));
  const verdicts: PageVerdict[] = [];
  for (const found of findings.pages) {
    const holdsClaim = proven.includes(found) ? held.has(found.page.integrationId) : null;
    const subscribed = holdsClaim
      ? await reconcileSubscription(ctx.graph, found.token, found.page.pageId, found.page.webhookEnabled)
      : null;
    const details =
      holdsClaim && !found.page.pageName ? await ctx.graph.readPage(found.token, found.page.pageId) : null;
    const verdict = judgePage(
      {
        pageId: found.page.pageId,
        token: found.info,
        appId,
        holdsClaim,
        subscribed,
        userTokenExpiresAt: findings.user.isValid ? findings.user.expiresAt : null,
      },
      login.now,
    );
    const maySubscribe = holdsClaim === true && found.page.webhookEnabled;
    verdicts.push({ found, verdict, details: details?.ok ? details.value : null, maySubscribe });
  }
  return verdicts;
}
