import type { Outcome } from '@pagekeeper/facebook/graph-error';
import { storable } from '@pagekeeper/facebook/storable';
import { raw } from 'objection';
import type { Uuid } from '../ids.ts';
import { FacebookLogin, personHashOf } from '../integrations/facebook-login.ts';
import {
  awaitsCheck,
  FacebookPageIntegration,
  type PageStatus,
  usedUp,
} from '../integrations/facebook-page-integration.ts';
import { pausePage } from '../integrations/pause-page.ts';
import { accessTokenOf, pageAccessTokenOf } from '../integrations/store-facebook-page.ts';
import { businessNow } from '../tenancy/business-now.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { currentDataKey } from '../vault/organization-key.ts';
import type { Vault } from '../vault/vault.ts';
import type { CheckedLogin } from './checked-login.ts';
import type { Renewal } from './examination-failed.ts';
import { personOf } from './examine-login.ts';
import type { PageExamination } from './examine-pages.ts';
import { describeFindings, type StoredFindings } from './findings.ts';
import { deadStatuses, usableStatuses, type Verdict } from './judge-page.ts';
import { type LeasedLogin, releaseLogin } from './lease-login.ts';
import type { SubscriptionFindings } from './reconcile-subscriptions.ts';
import { noteChange } from './status-change.ts';
import { tellOfStatus } from './tell-of-status.ts';

export interface StoredPage {
  integrationId: Uuid;
  status: PageStatus;
  /** Whether Facebook's answers told what it is. */
  checked: boolean;
  /** Its token works, and events wait for it. */
  revived: boolean;
  /** It worked until now, and does not any more. */
  died: boolean;
  /** It works again, and people had been told that it did not. */
  recovered: boolean;
  /** It was changed while the check ran: what was found is about what it was before. */
  outdated: boolean;
}

/** Pages that are stored in one transaction. Their rows are locked until it ends, and their answers wait for that. */
export interface Part {
  pages: readonly PageExamination[];
  isFirst: boolean;
  isLast: boolean;
}

const pagesOfAPart = 50;

/** All pages of a check, part by part; one part at least. */
export function partsOf(pages: readonly PageExamination[]): Part[] {
  const count = Math.max(1, Math.ceil(pages.length / pagesOfAPart));
  return Array.from({ length: count }, (_, index) => ({
    pages: pages.slice(index * pagesOfAPart, (index + 1) * pagesOfAPart),
    isFirst: index === 0,
    isLast: index === count - 1,
  }));
}

/**
 * Stores what a check found, part by part, by compare-and-set: on the login's lease, and on each page's generation. That Facebook
 * wants a page left alone is stored in any case: it is so whoever asked, and by what token.
 * @returns null where the lease was lost: nothing else is stored of this part
 */
export async function storeFindings(
  tx: TenantTx,
  vault: Vault,
  checked: CheckedLogin,
  { pages, isFirst, isLast }: Part,
): Promise<StoredPage[] | null> {
  const isOurs = isFirst
    ? await storeLogin(tx, vault, checked)
    : (await leasedLogin(tx, checked.login).resultSize()) === 1;
  if (isFirst) await letRest(tx, checked);
  if (!isOurs) return null;
  const now = await businessNow(tx);
  const stored: StoredPage[] = [];
  for (const examination of pages) {
    const page = await storePage(tx, vault, checked, examination, now);
    if (page) stored.push(page);
  }
  if (isLast) await releaseLogin(tx, checked.login);
  return stored;
}

/** The login, as long as it is this check's. */
const leasedLogin = (tx: TenantTx, { id, leaseToken: lease_token, generation }: LeasedLogin) =>
  FacebookLogin.query(tx).where({ id, lease_token, generation });

async function storeLogin(tx: TenantTx, vault: Vault, { login, findings }: CheckedLogin): Promise<boolean> {
  const { user } = findings;
  const { info, renewed } = user;
  const person = personOf(findings);
  const stored = await leasedLogin(tx, login).patch({
    ...(await renewalOf(tx, vault, login, user)),
    // A dead login's too: whoever takes the app away, or asks for deletion, means it with the rest.
    ...(person && (info?.isValid || !login.personHash) && { person_hash: personHashOf(vault, person) }),
    ...(info?.isValid && {
      kind: info.type === 'SYSTEM_USER' ? 'system_user' : 'user',
      scopes: info.scopes,
      data_access_expires_at: info.dataAccessExpiresAt,
      ...(!renewed && { expires_at: info.expiresAt }),
    }),
    error: user.isAlive ? null : { code: info?.error?.code ?? null, subcode: info?.error?.subcode ?? null },
    updated_at: raw('now()') as never,
  });
  return stored === 1;
}

/** The columns of a token that was prolonged, or was tried to. */
async function renewalOf(tx: TenantTx, vault: Vault, login: LeasedLogin, { exchangeTried, renewed }: Renewal) {
  const key = renewed && (await currentDataKey(tx, vault));
  return {
    ...(key && {
      access_token: vault.seal(key, accessTokenOf(login.id), renewed.token),
      expires_at: renewed.expiresAt,
    }),
    ...(exchangeTried && { exchange_tried_at: login.now }),
  };
}

async function letRest(tx: TenantTx, { findings, subscriptions }: CheckedLogin): Promise<void> {
  for (const examination of findings.pages) {
    const { integrationId, pageId } = examination.page;
    const refused = examination.outcome === 'failed' && examination.error.outcome === 'THROTTLED_PAGE';
    const restMs = refused ? (examination.error.waitMs ?? retryMs) : subscriptions.get(integrationId)?.restMs;
    if (!restMs) continue;
    await pausePage(tx, { integrationId, pageId }, restMs * (1 + Math.random() / 4), usedUp);
  }
}

async function storePage(
  tx: TenantTx,
  vault: Vault,
  checked: CheckedLogin,
  examination: PageExamination,
  now: Date,
): Promise<StoredPage | null> {
  const { page } = examination;
  const before = await FacebookPageIntegration.query(tx)
    .findOne({ id: page.integrationId, generation: page.generation })
    .forUpdate();
  const { integrationId } = page;
  const untouched = { integrationId, checked: false, revived: false, died: false, recovered: false };
  if (!before) return { ...untouched, status: 'unverified', outdated: true };
  const verdict = checked.verdicts.get(page.integrationId);
  if (!verdict) {
    await postponePage(tx, checked.login, examination);
    return { ...untouched, status: before.status, outdated: false };
  }
  const since = before.status === verdict.status ? before.status_since : now;
  const revived = usableStatuses.includes(verdict.status) && (await hasParkedEvents(tx, integrationId));
  const subscription = checked.subscriptions.get(page.integrationId);
  await FacebookPageIntegration.query(tx)
    .where({ id: integrationId })
    .patch({
      ...(await tokenAndDetails(tx, vault, examination)),
      status: verdict.status,
      status_reason: verdict.reason,
      status_since: since,
      findings: describeFindings(checked, examination) as never,
      last_checked_at: now,
      next_check_at: unlessMadeDue(checked.login, nextCheck(verdict, examination, subscription, before)),
      // It is known now why the replies were refused; where nothing has changed, they wait on.
      ...(before.pause_reason === awaitsCheck &&
        before.status !== verdict.status && { paused_until: null, pause_reason: null }),
      ...(revived && { revived_at: now }),
      updated_at: raw('now()') as never,
    });
  await noteChange(tx, before, verdict, since);
  const { recovered } = await tellOfStatus(tx, { before, verdict, isToHear: page.webhookEnabled, since, now });
  const died = deadStatuses.includes(verdict.status) && !deadStatuses.includes(before.status);
  return { integrationId, checked: true, status: verdict.status, revived, died, recovered, outdated: false };
}

/** What a check replaces: a token that was derived anew, and the page's name where Facebook calls it otherwise now. */
async function tokenAndDetails(tx: TenantTx, vault: Vault, examination: PageExamination) {
  if (examination.outcome !== 'seen') return {};
  const { page, found } = examination;
  const { grant } = found;
  const key = found.replaced && (await currentDataKey(tx, vault));
  return {
    ...(key && { page_access_token: vault.seal(key, pageAccessTokenOf(page.integrationId), found.token) }),
    ...(grant && {
      page_name: storable(grant.name) || page.pageName,
      ...(grant.category && { page_category: storable(grant.category) }),
      ...(grant.link && { page_url: storable(grant.link) }),
    }),
  };
}

const hour = 3_600_000;
/** Failures after which trying again may help soon. What blocks a page or its person is prolonged by it. */
const passing: readonly Outcome[] = ['TRANSIENT', 'AMBIGUOUS', 'THROTTLED_APP', 'THROTTLED_PAGE', 'THROTTLED_USER'];

/**
 * A healthy login is asked again before a day has passed; what Facebook may mend at any moment, sooner; and in minutes,
 * then hourly, where nobody could tell whether a page that works is subscribed: until then its events may be lost.
 */
function nextCheck(
  { status }: Verdict,
  examination: PageExamination,
  subscription: SubscriptionFindings | undefined,
  before: FacebookPageIntegration,
): string {
  const { restMs } = examination.page;
  if (status === 'not_subscribed') return afterMs(hour);
  const { asWanted, error, restMs: newRestMs } = subscription ?? {};
  const wasLeftAlone = restMs > 0 && usableStatuses.includes(status);
  const isUnsettled = asWanted === null && (!error || passing.includes(error.outcome));
  if (!wasLeftAlone && !isUnsettled) return untilTomorrow(examination);
  const wasUnsettled = (before.findings as StoredFindings | null)?.subscribed === null;
  return afterMs(Math.max(restMs, newRestMs ?? 0, error?.waitMs ?? 0, wasUnsettled ? hour : retryMs));
}

/** Sooner where the page's token has an end that comes before: people are told when it has come, not a day later. */
function untilTomorrow(examination: PageExamination): string {
  const tomorrow = `app.now() + interval '18 hours' + random() * interval '2 hours'`;
  const endsAt = examination.outcome === 'seen' && examination.found.info.isValid && examination.found.info.expiresAt;
  if (!endsAt) return tomorrow;
  return `least(${tomorrow}, greatest(app.now(), to_timestamp(${endsAt.getTime() / 1_000})) + interval '1 minute')`;
}

/** A page that was made due while the check ran stays due: what it was made due for, the check may not have seen. */
const unlessMadeDue = ({ now }: LeasedLogin, later: string) =>
  raw(
    `case when date_trunc('milliseconds', next_check_at) > ? and next_check_at <= app.now()
       then next_check_at else ${later} end`,
    [now],
  ) as never;

/** With jitter, so that what waits for the same end does not come at once. */
const afterMs = (ms: number) => `app.now() + ${Math.ceil(ms / 1_000)} * interval '1 second' * (1 + random() / 4)`;
const laterBy = (ms: number) => raw(afterMs(ms)) as never;

/** After a failure of which Facebook does not say how long it lasts. */
export const retryMs = 5 * 60_000;

/** A call of ours failed for this page alone: it keeps its status, and is asked again when that may help. */
async function postponePage(tx: TenantTx, login: LeasedLogin, examination: PageExamination): Promise<void> {
  const error = examination.outcome === 'failed' ? examination.error : null;
  const waitMs = error?.waitMs ?? retryMs;
  const isThrottled = error?.outcome === 'THROTTLED_PAGE';
  // Who asks again while Facebook says to wait waits longer.
  const next_check_at = isThrottled ? laterBy(waitMs) : unlessMadeDue(login, afterMs(waitMs));
  await FacebookPageIntegration.query(tx).where({ id: examination.page.integrationId }).patch({ next_check_at });
}

async function hasParkedEvents(tx: TenantTx, integrationId: Uuid): Promise<boolean> {
  const parked = await tx('webhook_events')
    .where({ organization_id: tx.tenant.organizationId, integration_id: integrationId })
    // Written out, for the index.
    .whereRaw(`state = 'parked'`)
    .first('id');
  return parked !== undefined;
}

/**
 * After a failed call of ours: every page keeps its status and is asked again later, unless another check knows better.
 * @param renewal a token that Facebook gave before that is kept
 */
export async function postponeCheck(
  tx: TenantTx,
  vault: Vault,
  login: LeasedLogin,
  { waitMs, renewal }: { waitMs: number; renewal: Renewal | null },
): Promise<void> {
  if (renewal?.exchangeTried) {
    await leasedLogin(tx, login).patch(await renewalOf(tx, vault, login, renewal));
  }
  if (!(await releaseLogin(tx, login))) return;
  await FacebookPageIntegration.query(tx)
    .where({ login_id: login.id })
    .whereNotNull('next_check_at')
    .patch({ next_check_at: unlessMadeDue(login, afterMs(waitMs)) });
}
