import type { Outcome } from '@pagekeeper/facebook/graph-error';
import { failpoint } from '@pagekeeper/runtime/failpoint';
import type { Context } from '../context.ts';
import type { Uuid } from '../ids.ts';
import { personHashOf } from '../integrations/facebook-login.ts';
import type { PageStatus } from '../integrations/facebook-page-integration.ts';
import { refreshLoginJob, unparkEventsJob } from '../jobs.ts';
import { keepLease } from '../keep-lease.ts';
import { nudge } from '../nudge.ts';
import {
  type AppCaller,
  giveBackTrial,
  noteAppFailure,
  noteAppSuccess,
  noteCall,
  passApp,
  pauseApp,
  spareApp,
} from '../tenancy/app-pause.ts';
import { isGone, withTenant } from '../tenancy/doors.ts';
import type { CheckedLogin } from './checked-login.ts';
import { claimPages } from './claim-pages.ts';
import { ExaminationFailed } from './examination-failed.ts';
import { examineLogin, type LoginFindings, personOf, userTokenEnd } from './examine-login.ts';
import type { PageExamination } from './examine-pages.ts';
import { appRemoved, damaged, deadStatuses, judgeDeadToken, judgePage, type Verdict } from './judge-page.ts';
import { type LeasedLogin, type LeasedPage, leaseLogin, releaseLogin, renewLease } from './lease-login.ts';
import { leaveOvertaken } from './leave-overtaken.ts';
import { recheckOthers } from './recheck-others.ts';
import { reconcileSubscriptions, type SubscriptionFindings } from './reconcile-subscriptions.ts';
import { deleteLateLogins } from './revoke-grants.ts';
import { partsOf, postponeCheck, retryMs, type StoredPage, storeFindings } from './store-findings.ts';

export type CheckOutcome =
  /** `outdated`: a page was changed while the check ran, and nothing was stored of it. Another check follows. */
  | { outcome: 'checked'; outdated: boolean; pages: { integration_id: Uuid; status: PageStatus }[] }
  /** Another process holds the lease, or took it over. */
  | { outcome: 'busy' }
  | { outcome: 'gone' }
  /** A call of ours failed, or none may be made now: no status was touched, and it is worth trying after so long. */
  | { outcome: 'throttled' | 'unreachable'; detail: string; againMs: number };

const keeping = {
  /** A third of the lease: two may fail. */
  everyMs: 20_000,
  /** Thousands of pages, fifty to a call, each of which may take its whole timeout. */
  atMostMs: 1_800_000,
};

/** How often a check that somebody asked for looks whether the app may be called again. */
const lookAgainMs = 60_000;

/** The lease is another's by now: what this process has found is not stored. */
class Superseded extends Error {}

/**
 * Checks one login and all pages behind it: tokens, claims, subscriptions, expiry. Reads, calls Facebook outside of any
 * transaction, stores by compare-and-set.
 * @param appId Facebook's id of our app
 * @param input `routine`: nobody waits for it, and it rests while the app's calls are nearly used up
 */
export async function checkLogin(
  ctx: Context,
  appId: string,
  input: { organization_id: Uuid; login_id: Uuid; routine?: boolean | undefined },
): Promise<CheckOutcome> {
  const pass = await passApp(ctx.database, appId, input.routine);
  if ('until' in pass) return { outcome: 'throttled', detail: pass.reason, againMs: lookAgainMs };
  const checked = await leaseAndExamine(ctx, { appId, pass }, input);
  if (checked.outcome === 'busy' || checked.outcome === 'gone') await giveBackTrial(ctx.database, appId, pass);
  return checked;
}

async function leaseAndExamine(
  ctx: Context,
  caller: AppCaller,
  { organization_id: organization, login_id }: { organization_id: Uuid; login_id: Uuid },
): Promise<CheckOutcome> {
  try {
    const login = await withTenant(ctx, { organization }, tx => leaseLogin(tx, ctx.vault, login_id));
    if (typeof login === 'string') return { outcome: login };
    failpoint('check.after_lease');
    return await examineAndStore(ctx, caller, login);
  } catch (error) {
    if (isGone(error)) return { outcome: 'gone' };
    if (error instanceof Superseded) return { outcome: 'busy' };
    throw error;
  }
}

async function examineAndStore(ctx: Context, caller: AppCaller, login: LeasedLogin): Promise<CheckOutcome> {
  const { appId } = caller;
  const organization = login.organizationId;
  const renew = () => withTenant(ctx, { organization }, tx => renewLease(tx, login));
  const keep = async () => {
    if (!(await renew())) throw new Superseded();
  };
  const letGo = keepLease(ctx, { login_id: login.id }, renew, keeping);
  try {
    const findings = await examineLogin(ctx.graph, appId, login, keep);
    failpoint('check.after_examination');
    const held = await withTenant(ctx, { organization }, tx => claimPages(tx, provenPages(findings, appId)));
    failpoint('check.after_claim');
    const subscriptions = await reconcileSubscriptions(ctx.graph, wantedSubscriptions(findings, held));
    failpoint('check.before_store');
    const verdicts = judgeAll(findings, held, subscriptions, appId, login);
    const userId = personOf(findings);
    const personHash = login.personHash ?? (userId ? personHashOf(ctx.vault, userId) : null);
    if (personHash && isNews(login, verdicts)) await recheckOthers(ctx, personHash, login.id);
    const stored = await store(ctx, { login, findings, verdicts, subscriptions });
    failpoint('check.after_commit');
    if (personHash && !login.isRevoked) await deleteLateLogins(ctx, personHash, login.storedAt);
    // Of a login that is revoked or damaged nothing was asked, which proves nothing.
    if (login.isRevoked || !login.accessToken) await giveBackTrial(ctx.database, appId, caller.pass);
    else await noteAppUse(ctx, caller, subscriptions);
    await afterwards(ctx, login, stored);
    return {
      outcome: 'checked',
      outdated: stored.some(page => page.outdated),
      pages: stored.map(({ integrationId, status }) => ({ integration_id: integrationId, status })),
    };
  } catch (error) {
    if (!(error instanceof ExaminationFailed)) throw error;
    return await giveUp(ctx, caller, login, error);
  } finally {
    letGo();
  }
}

/** Pages whose live token is the page's own and our app's: proof enough for a claim. */
const provenPages = ({ pages }: LoginFindings, appId: string) =>
  seenPages(pages)
    .filter(({ page, found: { info, works } }) => {
      const isOwn = info.type === 'PAGE' && info.profileId === page.pageId && info.appId === appId;
      return info.isValid && isOwn && works !== false;
    })
    .map(({ page }) => page);

const seenPages = (pages: readonly PageExamination[]) =>
  pages.filter((page): page is Extract<PageExamination, { outcome: 'seen' }> => page.outcome === 'seen');

// Only who holds the page may change what Facebook sends for it.
const wantedSubscriptions = ({ pages }: LoginFindings, held: ReadonlySet<Uuid>) =>
  seenPages(pages)
    .filter(({ page, found }) => held.has(page.integrationId) && found.info.isValid && found.works !== false)
    .filter(({ page }) => page.restMs === 0)
    .map(({ page, found }) => ({ ...page, token: found.token }));

function judgeAll(
  { user, pages }: LoginFindings,
  held: ReadonlySet<Uuid>,
  subscriptions: ReadonlyMap<Uuid, SubscriptionFindings>,
  appId: string,
  login: LeasedLogin,
): Map<Uuid, Verdict> {
  const userTokenExpiresAt = userTokenEnd(login, user);
  const verdicts = new Map<Uuid, Verdict>();
  for (const examination of pages) {
    const { integrationId, pageId } = examination.page;
    if (examination.outcome === 'damaged') verdicts.set(integrationId, damaged);
    if (examination.outcome === 'revoked') verdicts.set(integrationId, judgeDeadToken(appRemoved));
    if (examination.outcome !== 'seen') continue;
    const { found } = examination;
    const situation = {
      pageId,
      token: found.info,
      appId,
      tasks: found.grant?.tasks ?? null,
      isLost: found.works === false,
      holdsClaim: found.info.isValid ? held.has(integrationId) : null,
      subscribed: subscriptions.get(integrationId)?.asWanted ?? subscribedBefore(examination.page),
      userIsAlive: user.isAlive,
      userTokenExpiresAt,
    };
    verdicts.set(integrationId, judgePage(situation, login.now));
  }
  return verdicts;
}

/** Where nobody can tell, it is what it was. */
const subscribedBefore = ({ status }: LeasedPage): false | null => (status === 'not_subscribed' ? false : null);

/** Pages that are no longer what they were, which the check may have subscribed since, are left once more. */
async function store(ctx: Context, checked: CheckedLogin): Promise<StoredPage[]> {
  const organization = checked.login.organizationId;
  const stored = new Map<Uuid, StoredPage>();
  const isOvertaken = (id: Uuid) => stored.get(id)?.outdated ?? true;
  for (const part of partsOf(checked.findings.pages)) {
    const pages = await withTenant(ctx, { organization }, async tx => {
      const pages = await storeFindings(tx, ctx.vault, checked, part);
      failpoint('check.before_commit');
      return pages;
    }).catch(async error => {
      // The organization was deactivated during the check.
      if (isGone(error)) await leaveOvertaken(ctx, checked, isOvertaken);
      throw error;
    });
    if (!pages) {
      await leaveOvertaken(ctx, checked, isOvertaken);
      // Revoked meanwhile, the lease may still be ours: whoever was called for that shall not wait for its end.
      await withTenant(ctx, { organization }, tx => releaseLogin(tx, checked.login));
      throw new Superseded();
    }
    for (const page of pages) stored.set(page.integrationId, page);
  }
  await leaveOvertaken(ctx, checked, id => stored.get(id)?.outdated === true);
  return [...stored.values()];
}

/**
 * A login that is new, or whose pages just died: what the person granted elsewhere may have died with it. Told before the
 * findings are stored: a process that dies in between leaves the news to the next check, and only makes logins due twice.
 */
function isNews({ personHash, pages }: LeasedLogin, verdicts: ReadonlyMap<Uuid, Verdict>): boolean {
  const isDead = (status: PageStatus | undefined) => status !== undefined && deadStatuses.includes(status);
  return !personHash || pages.some(page => !isDead(page.status) && isDead(verdicts.get(page.integrationId)?.status));
}

/** What the stored findings set going: events that wait for a token, and pages that changed under the check. */
async function afterwards(ctx: Context, login: LeasedLogin, stored: readonly StoredPage[]): Promise<void> {
  const organization_id = login.organizationId;
  for (const { integrationId: integration_id, revived, died, recovered, status, checked } of stored) {
    if (checked) ctx.metrics.checks.inc({ status });
    if (died) ctx.metrics.deaths.inc({ status });
    if (recovered) ctx.metrics.recoveries.inc();
    if (revived) await nudge(ctx, unparkEventsJob, { organization_id, integration_id });
  }
  if (stored.some(({ outdated }) => outdated)) {
    await nudge(ctx, refreshLoginJob, { organization_id, login_id: login.id });
  }
}

/** The calls came through; how much of the app's allowance is left, they have told. */
async function noteAppUse(
  { database, graph }: Context,
  { appId, pass }: AppCaller,
  subscriptions: ReadonlyMap<Uuid, SubscriptionFindings>,
): Promise<void> {
  const errors = [...subscriptions.values()].flatMap(({ error }) => error ?? []);
  const throttled = errors.find(({ outcome }) => outcome === 'THROTTLED_APP');
  if (throttled) await pauseApp(database, appId, throttled.waitMs, throttled.message);
  else await noteAppSuccess(database, appId, pass);
  await spareApp(database, appId, graph.appUsage());
}

/** Failures that may be everybody's. Others are Facebook's word on this login: one tenant's must not stop the others. */
const mayBeEverybodys: ReadonlySet<Outcome> = new Set(['TRANSIENT', 'AMBIGUOUS', 'CONFIG', 'REAUTH']);

async function giveUp(
  ctx: Context,
  { appId, pass }: AppCaller,
  login: LeasedLogin,
  { graphError, renewal }: ExaminationFailed,
): Promise<CheckOutcome> {
  const { outcome, message } = graphError;
  const againMs = graphError.waitMs ?? retryMs;
  await withTenant(ctx, { organization: login.organizationId }, tx =>
    postponeCheck(tx, ctx.vault, login, { waitMs: againMs, renewal }),
  );
  ctx.log.warn({ outcome, code: graphError.code, login_id: login.id }, 'check failed');
  if (mayBeEverybodys.has(outcome)) await noteAppFailure(ctx.database, appId, pass, message, login.id);
  else await noteCall(ctx.database, appId, pass, graphError);
  return { outcome: outcome.startsWith('THROTTLED') ? 'throttled' : 'unreachable', detail: message, againMs };
}
