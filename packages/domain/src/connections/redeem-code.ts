import type { GraphClient, PageGrant, TokenInfo } from '@pagekeeper/facebook/graph-client';
import type { Secret } from '@pagekeeper/runtime/secret';
import { saysSomethingOfTheToken } from '../facebook/examination-failed.ts';
import type { StatusReason } from '../integrations/facebook-page-integration.ts';
import { badToken, exchangeReason, foreignApp, unreachable } from './reasons.ts';

/** A login as a code bought it. */
export interface RedeemedLogin {
  token: Secret;
  info: TokenInfo;
  pages: PageGrant[];
}

/**
 * Code → user token → long-lived user token → pages (fact sheet 13.1). Tried once: a failed exchange spends the code
 * too. No database.
 * @returns the login, or why there is none
 */
export async function redeemCode(
  graph: GraphClient,
  { code, redirectUri, appId }: { code: Secret; redirectUri: string; appId: string },
): Promise<RedeemedLogin | { reason: StatusReason }> {
  const exchanged = await graph.exchangeCode(code, redirectUri);
  if (!exchanged.ok) return { reason: exchangeReason(exchanged.error) };
  const first = await inspect(graph, exchanged.value.token, appId);
  if ('reason' in first) return first;
  const login = await prolong(graph, first, appId);
  if ('reason' in login) return login;
  const listed = await graph.listPages(login.token);
  if (listed.ok) return { ...login, pages: listed.value };
  // Without pages_show_list there is no list, and the login says so itself.
  return listed.error.outcome === 'PERMISSION' ? { ...login, pages: [] } : { reason: unreachable };
}

type Inspected = Omit<RedeemedLogin, 'pages'>;

async function inspect(
  graph: GraphClient,
  token: Secret,
  appId: string,
): Promise<Inspected | { reason: StatusReason }> {
  const inspected = await graph.debugToken(token);
  if (!inspected.ok) return { reason: unreachable };
  const info = inspected.value;
  if (!info.isValid || !info.userId) return { reason: badToken };
  return info.appId === appId ? { token, info } : { reason: foreignApp };
}

/** A person's token lives for an hour or two, and page tokens made from it too. A system user's needs no exchange. */
async function prolong(
  graph: GraphClient,
  short: Inspected,
  appId: string,
): Promise<Inspected | { reason: StatusReason }> {
  if (short.info.type === 'SYSTEM_USER') return short;
  const exchanged = await graph.exchangeForLongLived(short.token);
  if (exchanged.ok) return await inspect(graph, exchanged.value.token, appId);
  return { reason: saysSomethingOfTheToken(exchanged.error) ? badToken : unreachable };
}
