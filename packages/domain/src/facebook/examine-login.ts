import type { GraphClient, GraphResult, PageGrant, TokenInfo } from '@pagekeeper/facebook/graph-client';
import type { GraphError } from '@pagekeeper/facebook/graph-error';
import type { Secret } from '@pagekeeper/runtime/secret';
import type { LeasedLogin, LeasedPage } from './lease-login.ts';

/** What Facebook says of a login and the page tokens behind it. */
export interface LoginFindings {
  user: TokenInfo;
  /** A user token whose end lies later than the old one's: the only success of an exchange. */
  renewed: { token: Secret; info: TokenInfo } | null;
  pages: PageTokenFindings[];
}

export interface PageTokenFindings {
  page: LeasedPage;
  info: TokenInfo;
  /** The token that works: the stored one, or one that was derived anew and replaces it. */
  token: Secret;
  replaced: boolean;
}

/** A failed call of ours: says nothing about the tenant. */
export class ExaminationFailed extends Error {
  readonly graphError: GraphError;

  constructor(error: GraphError) {
    super(error.message);
    this.name = 'ExaminationFailed';
    this.graphError = error;
  }
}

const day = 24 * 3_600_000;
/** Day 45 of 60: from here on the user token is exchanged (fact sheet 13). */
const exchangeBeforeEndMs = 15 * day;
const exchangeEveryMs = 18 * 3_600_000;

/**
 * Asks Facebook about a login and its pages. No database, no transaction.
 * @throws ExaminationFailed when a call of ours failed; the tenant's status then stays as it is
 */
export async function examineLogin(graph: GraphClient, login: LeasedLogin): Promise<LoginFindings> {
  const user = valueOrFail(await graph.debugToken(login.accessToken));
  const renewed = await exchangeIfDue(graph, login, user);
  const listed = user.isValid ? await listPages(graph, renewed?.token ?? login.accessToken) : [];
  const pages: PageTokenFindings[] = [];
  for (const page of login.pages) pages.push(await examinePage(graph, page, listed));
  return { user: renewed?.info ?? user, renewed, pages };
}

async function exchangeIfDue(
  graph: GraphClient,
  login: LeasedLogin,
  user: TokenInfo,
): Promise<LoginFindings['renewed']> {
  if (!user.isValid || !user.expiresAt) return null;
  const now = login.now.getTime();
  if (user.expiresAt.getTime() - now > exchangeBeforeEndMs) return null;
  if (login.exchangedAt && now - login.exchangedAt.getTime() < exchangeEveryMs) return null;
  const exchanged = await graph.exchangeForLongLived(login.accessToken);
  if (!exchanged.ok) return null;
  const info = valueOrFail(await graph.debugToken(exchanged.value.token));
  const moved = info.isValid && (!info.expiresAt || info.expiresAt > user.expiresAt);
  return moved ? { token: exchanged.value.token, info } : null;
}

// A refused list is no verdict on the pages: their own tokens are asked next.
async function listPages(graph: GraphClient, userToken: Secret): Promise<PageGrant[]> {
  const pages = await graph.listPages(userToken);
  return pages.ok ? pages.value : [];
}

async function examinePage(graph: GraphClient, page: LeasedPage, listed: PageGrant[]): Promise<PageTokenFindings> {
  const stored = valueOrFail(await graph.debugToken(page.token));
  if (stored.isValid && !stored.expiresAt) return { page, info: stored, token: page.token, replaced: false };
  const fresh = listed.find(candidate => candidate.id === page.pageId)?.token;
  if (fresh) {
    const info = valueOrFail(await graph.debugToken(fresh));
    if (info.isValid) return { page, info, token: fresh, replaced: true };
  }
  if (!stored.isValid) await confirmDead(graph, page);
  return { page, info: stored, token: page.token, replaced: false };
}

// One word of debug_token is not enough to call a tenant dead: a call with the token itself must fail too.
async function confirmDead(graph: GraphClient, page: LeasedPage): Promise<void> {
  const read = await graph.readPage(page.token, page.pageId);
  if (read.ok) {
    throw new ExaminationFailed({
      http: null,
      code: null,
      subcode: null,
      type: null,
      message: 'Facebook calls the token invalid and accepts it.',
      fbtraceId: null,
      outcome: 'TRANSIENT',
      waitMs: null,
      sentMaybe: false,
    });
  }
  if (!['REAUTH', 'USER_ACTION', 'PERMISSION', 'PERMANENT'].includes(read.error.outcome)) {
    throw new ExaminationFailed(read.error);
  }
}

/** The value, or {@link ExaminationFailed}. */
export function valueOrFail<T>(result: GraphResult<T>): T {
  if (result.ok) return result.value;
  throw new ExaminationFailed(result.error);
}
