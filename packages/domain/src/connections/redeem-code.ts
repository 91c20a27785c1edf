import type { GraphClient, PageGrant, TokenInfo } from '@pagekeeper/facebook/graph-client';
import type { GraphError } from '@pagekeeper/facebook/graph-error';
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

/** Why there is none, and what Facebook answered where it answered. */
export interface Unredeemed {
  reason: StatusReason;
  error?: GraphError;
}

/**
 * Code → user token → long-lived user token → pages. Tried once: a failed exchange spends the code
 * too. No database.
 * @returns the login, or why there is none
 */
export async function redeemCode(
  graph: GraphClient,
  { code, redirectUri, appId }: { code: Secret; redirectUri: string; appId: string },
): Promise<RedeemedLogin | Unredeemed> {
  const exchanged = await graph.exchangeCode(code, redirectUri);
  if (!exchanged.ok) return { reason: exchangeReason(exchanged.error), error: exchanged.error };
  const first = await inspect(graph, exchanged.value.token, appId);
  if ('reason' in first) return first;
  const login = await prolong(graph, first, appId);
  if ('reason' in login) return login;
  const listed = await graph.listPages(login.token);
  if (listed.ok) return { ...login, pages: listed.value };
  // Without pages_show_list there is no list, and the login says so itself.
  return listed.error.outcome === 'PERMISSION' ? { ...login, pages: [] } : { reason: unreachable, error: listed.error };
}

type Inspected = Omit<RedeemedLogin, 'pages'>;

async function inspect(graph: GraphClient, token: Secret, appId: string): Promise<Inspected | Unredeemed> {
  const inspected = await graph.debugToken(token);
  if (!inspected.ok) return { reason: unreachable, error: inspected.error };
  const info = inspected.value;
  if (!info.isValid || !info.userId) return { reason: badToken };
  return info.appId === appId ? { token, info } : { reason: foreignApp };
}

/** A person's token lives for an hour or two, and page tokens made from it too. A system user's needs no exchange. */
async function prolong(graph: GraphClient, short: Inspected, appId: string): Promise<Inspected | Unredeemed> {
  if (short.info.type === 'SYSTEM_USER') return short;
  const exchanged = await graph.exchangeForLongLived(short.token);
  if (exchanged.ok) return await inspect(graph, exchanged.value.token, appId);
  const { error } = exchanged;
  return { reason: saysSomethingOfTheToken(error) ? badToken : unreachable, error };
}
