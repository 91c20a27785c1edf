import type { GraphClient, PageGrant, TokenInfo } from '@pagekeeper/facebook/graph-client';
import { failpoint } from '@pagekeeper/runtime/failpoint';
import type { Secret } from '@pagekeeper/runtime/secret';
import {
  ExaminationFailed,
  isOfTheApp,
  type Renewal,
  saysSomethingOfTheToken,
  valueOrFail,
} from './examination-failed.ts';
import { examinePages, type PageExamination } from './examine-pages.ts';
import type { LeasedLogin } from './lease-login.ts';

/** What Facebook says of a login and the page tokens behind it. */
export interface LoginFindings {
  user: UserFindings;
  pages: PageExamination[];
}

export interface UserFindings extends Renewal {
  /** False: the person's own token is dead. Pages may go on without it, and cannot be renewed. */
  isAlive: boolean;
  /** What `debug_token` said, where it was asked. */
  info: TokenInfo | null;
  /** The pages that the person grants us; null where the list could not be had. */
  grants: PageGrant[] | null;
}

/** Facebook's id of who granted the login. A dead token does not always tell; the pages' tokens then do. */
export const personOf = ({ user, pages }: LoginFindings): string | null =>
  user.info?.userId ??
  pages.map(page => (page.outcome === 'seen' ? page.found.info.userId : null)).find(id => id !== null) ??
  null;

/** When the person's own token ends, as far as it is known; null: never. */
export const userTokenEnd = (login: Pick<LeasedLogin, 'expiresAt'>, { renewed, info }: UserFindings): Date | null =>
  renewed ? renewed.expiresAt : (info?.expiresAt ?? login.expiresAt);

const day = 24 * 3_600_000;
/** Day 45 of 60: from here on the user token is exchanged. */
const exchangeBeforeEndMs = 15 * day;
const exchangeEveryMs = 18 * 3_600_000;

/**
 * Asks Facebook about a login and its pages, in few requests: for n pages, one to three for the login, the list of
 * pages, and two batches of fifty. No database, no transaction.
 * @param appId the app that every token must be for; another's is never used
 * @param keep called between rounds of calls; throws where the login is another's now
 * @throws ExaminationFailed when a call of ours failed; the tenant's status then stays as it is
 */
export async function examineLogin(
  graph: GraphClient,
  appId: string,
  login: LeasedLogin,
  keep: () => Promise<void>,
): Promise<LoginFindings> {
  if (login.isRevoked) {
    return { user: dead(null), pages: login.pages.map(page => ({ outcome: 'revoked', page })) };
  }
  // Somebody wrote to the database past us: nothing of the login is used.
  if (!login.accessToken) {
    return { user: dead(null), pages: login.pages.map(page => ({ outcome: 'damaged', page })) };
  }
  const renewal: Renewal = { exchangeTried: false, renewed: null };
  try {
    const user = await examineUser(graph, appId, { ...login, accessToken: login.accessToken }, renewal);
    await keep();
    return { user, pages: await examinePages(graph, appId, login.pages, user.grants, keep) };
  } catch (error) {
    if (error instanceof ExaminationFailed) error.renewal = renewal;
    throw error;
  }
}

/** @param renewal is told what became of the token, also where what follows fails */
async function examineUser(
  graph: GraphClient,
  appId: string,
  login: LeasedLogin & { accessToken: Secret },
  renewal: Renewal,
): Promise<UserFindings> {
  const isUsable = (asked: TokenInfo) => asked.isValid && asked.appId === appId;
  // A token that was found dead is asked about before it is used again.
  const isToBeAsked = !login.personHash || login.isKnownDead;
  let info = isToBeAsked ? valueOrFail(await graph.debugToken(login.accessToken)) : null;
  if (info && !isUsable(info)) return dead(info);
  const expiresAt = info ? info.expiresAt : login.expiresAt;
  if (isExchangeDue(login, expiresAt)) {
    renewal.renewed = await exchange(graph, login, login.accessToken, expiresAt);
    renewal.exchangeTried = true;
  }
  const token = renewal.renewed?.token ?? login.accessToken;
  const listed = await graph.listPages(token);
  failpoint('check.after_list');
  if (listed.ok) return { isAlive: true, info, ...renewal, grants: listed.value };
  // The list may be refused for want of a permission, or because the token is dead: a second look tells.
  if (!saysSomethingOfTheToken(listed.error)) throw new ExaminationFailed(listed.error);
  info ??= valueOrFail(await graph.debugToken(token));
  return { isAlive: isUsable(info), info, ...renewal, grants: null };
}

const dead = (info: TokenInfo | null): UserFindings => ({
  isAlive: false,
  info,
  exchangeTried: false,
  renewed: null,
  grants: null,
});

function isExchangeDue({ now, exchangeTriedAt }: LeasedLogin, expiresAt: Date | null): boolean {
  if (!expiresAt || expiresAt.getTime() - now.getTime() > exchangeBeforeEndMs) return false;
  return !exchangeTriedAt || now.getTime() - exchangeTriedAt.getTime() >= exchangeEveryMs;
}

async function exchange(
  graph: GraphClient,
  { kind, now }: LeasedLogin,
  token: Secret,
  endsAt: Date | null,
): Promise<UserFindings['renewed']> {
  failpoint('check.before_exchange');
  const exchanged =
    kind === 'system_user' ? await graph.renewSystemUser(token) : await graph.exchangeForLongLived(token);
  failpoint('check.after_exchange');
  if (!exchanged.ok) {
    if (saysSomethingOfTheToken(exchanged.error)) return null;
    // Where there are days for it, it can wait for tomorrow: the pages can be looked at without it.
    const isUrgent = !endsAt || endsAt.getTime() - now.getTime() < 2 * day;
    if (isUrgent || isOfTheApp(exchanged.error)) throw new ExaminationFailed(exchanged.error);
    return null;
  }
  const info = valueOrFail(await graph.debugToken(exchanged.value.token));
  // What Facebook gives back unprolonged may end a second later, by rounding. Every end is a new reason to warn people.
  const moved = info.isValid && (!info.expiresAt || !endsAt || info.expiresAt.getTime() - endsAt.getTime() > day);
  return moved ? { token: exchanged.value.token, expiresAt: info.expiresAt } : null;
}
