import type { GraphError } from '@pagekeeper/facebook/graph-error';
import { failpoint } from '@pagekeeper/runtime/failpoint';
import type { Secret } from '@pagekeeper/runtime/secret';
import { raw } from 'objection';
import { audit } from '../audit/audit.ts';
import { closeReleased } from '../claims/close-released.ts';
import { renewGeneration } from '../claims/renew-generation.ts';
import type { Context } from '../context.ts';
import type { Uuid } from '../ids.ts';
import { FacebookPageIntegration } from '../integrations/facebook-page-integration.ts';
import { leftPageTokenOf, PageUnsubscription } from '../integrations/page-unsubscription.ts';
import { openPageToken } from '../integrations/store-facebook-page.ts';
import { refreshLoginJob } from '../jobs.ts';
import { nudge } from '../nudge.ts';
import { type AppCaller, giveBackTrial, noteCall, passApp } from '../tenancy/app-pause.ts';
import { isGone, withTenant } from '../tenancy/doors.ts';
import { type PageRoute, routePages } from '../tenancy/route-pages.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { openOrNull } from '../vault/open-contents.ts';
import type { Vault } from '../vault/vault.ts';

export type UnsubscribeOutcome =
  | 'unsubscribed'
  /** Somebody has the page now, and its events are theirs. */
  | 'claimed'
  /** The token is dead, or Facebook refuses: nothing that could be done again. */
  | 'refused'
  | 'later'
  | 'gone';

/** A page to leave, taken for one attempt. */
interface LeftPage {
  id: Uuid;
  integrationId: Uuid;
  pageId: string;
  attempts: number;
  token: Secret | null;
}

/** Waits after each failed attempt; the first is also how long a crash is waited for. About a day in all. */
const backoffSeconds = [30, 120, 600, 3_600, 7_200, 21_600, 43_200];
const maxAttempts = backoffSeconds.length;

/**
 * Takes our app off a page that was let go, unless somebody claims it by now, and ends what waited for it. Works in
 * inactive organizations too.
 * Tried again after a while where a call failed for the moment; a dead token needs nothing.
 * @param appId Facebook's id of our app
 */
export async function unsubscribePage(
  ctx: Context,
  appId: string,
  { organization_id: organization, unsubscription_id }: { organization_id: Uuid; unsubscription_id: Uuid },
): Promise<UnsubscribeOutcome> {
  const inTenant = <Result>(work: (tx: TenantTx) => PromiseLike<Result>) =>
    withTenant(ctx, { organization, allowInactive: true }, work);
  try {
    // Its row stays due: the sweep comes back to it.
    const pass = await passApp(ctx.database, appId);
    if ('until' in pass) return 'later';
    const page = await inTenant(tx => takeUnsubscription(tx, ctx.vault, unsubscription_id));
    if (!page) {
      await giveBackTrial(ctx.database, appId, pass);
      return 'gone';
    }
    await closeReleased(ctx, organization, page.integrationId);
    const { outcome, error } = await leave(ctx, { appId, pass }, page);
    return await inTenant(tx => (outcome === 'later' ? postpone(tx, page, error) : settle(tx, page, outcome, error)));
  } catch (error) {
    if (isGone(error)) return 'gone';
    throw error;
  }
}

/** Counts the attempt and moves the row's time before anything is called: so much is left whatever happens then. */
async function takeUnsubscription(tx: TenantTx, vault: Vault, id: Uuid): Promise<LeftPage | null> {
  const [row] = await PageUnsubscription.query(tx)
    .where({ id })
    .whereRaw('due_at <= app.now()')
    .patch({
      attempts: raw('attempts + 1') as never,
      due_at: raw(`app.now() + (?::integer[])[attempts + 1] * interval '1 second'`, [
        [...backoffSeconds, backoffSeconds.at(-1)],
      ]) as never,
    })
    .returning('*');
  if (!row) return null;
  const { integration_id: integrationId, page_id: pageId, attempts } = row;
  return { id, integrationId, pageId, attempts, token: await openToken(tx, vault, row) };
}

async function openToken(tx: TenantTx, vault: Vault, row: PageUnsubscription): Promise<Secret | null> {
  const { id, integration_id, page_id, page_access_token: sealed } = row;
  if (!sealed) {
    const page = await FacebookPageIntegration.query(tx).findOne({ id: integration_id, page_id });
    return page ? await openPageToken(tx, vault, page) : null;
  }
  return await openOrNull(tx, vault, leftPageTokenOf(id), sealed);
}

async function leave(
  ctx: Context,
  { appId, pass }: AppCaller,
  page: LeftPage,
): Promise<{ outcome: UnsubscribeOutcome; error?: GraphError }> {
  const { pageId, token, attempts } = page;
  // Subscriptions belong to app and page: taking it off would silence whoever claimed the page since.
  const claimant = await claimantOf(ctx.database, pageId);
  // An attempt that nobody saw the end of may have silenced them.
  if (claimant && attempts > 1) await checkAgain(ctx, claimant);
  if (claimant || !token) {
    await giveBackTrial(ctx.database, appId, pass);
    return { outcome: claimant ? 'claimed' : 'refused' };
  }
  failpoint('unsubscribe.before_http');
  const result = await ctx.graph.unsubscribePage(token, pageId);
  failpoint('unsubscribe.after_http');
  await noteCall(ctx.database, appId, pass, result.ok ? null : result.error);
  if (!result.ok) return { outcome: isForTheMoment(result.error) ? 'later' : 'refused', error: result.error };
  // Claimed while the call was under way, and subscribed before it came through.
  const late = await claimantOf(ctx.database, pageId);
  if (late) await checkAgain(ctx, late);
  return { outcome: late ? 'claimed' : 'unsubscribed' };
}

/** Has a claimed page checked at once, by its own tenant. A check that saw the page subscribed counts no more. */
async function checkAgain(ctx: Context, { organizationId, integrationId }: PageRoute): Promise<void> {
  try {
    const login_id = await withTenant(ctx, { organization: organizationId }, tx =>
      renewGeneration(tx, integrationId, { recheck: true }),
    );
    if (login_id) await nudge(ctx, refreshLoginJob, { organization_id: organizationId, login_id });
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

const claimantOf = async (database: Context['database'], pageId: string): Promise<PageRoute | undefined> =>
  (await routePages(database, [pageId]))[0];

const isForTheMoment = ({ outcome }: GraphError): boolean =>
  ['TRANSIENT', 'AMBIGUOUS', 'CONFIG', 'THROTTLED_APP', 'THROTTLED_PAGE', 'THROTTLED_USER'].includes(outcome);

async function postpone(tx: TenantTx, page: LeftPage, error: GraphError | undefined): Promise<UnsubscribeOutcome> {
  if (page.attempts >= maxAttempts) return await settle(tx, page, 'refused', error);
  if (error?.waitMs) {
    await PageUnsubscription.query(tx)
      .where({ id: page.id, attempts: page.attempts })
      .patch({
        due_at: raw(`greatest(due_at, app.now() + ? * interval '1 second')`, [
          Math.ceil(error.waitMs / 1_000),
        ]) as never,
      });
  }
  return 'later';
}

// Only this attempt's row: the page may have been claimed and left once more meanwhile.
async function settle(
  tx: TenantTx,
  { id, integrationId, pageId, attempts }: LeftPage,
  outcome: UnsubscribeOutcome,
  error: GraphError | undefined,
): Promise<UnsubscribeOutcome> {
  await PageUnsubscription.query(tx).where({ id, attempts }).delete();
  if (outcome === 'refused') {
    const reason = error?.message ?? 'No token of it opens.';
    await audit(tx, {
      action: 'integration.unsubscribe_failed',
      subject: { type: 'integration', id: integrationId },
      changes: { page_id: pageId, attempts, reason },
    });
  }
  return outcome;
}
