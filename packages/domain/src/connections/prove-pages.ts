import { unknownToken } from '@pagekeeper/facebook/graph-answers';
import type { GraphClient, PageGrant, TokenInfo } from '@pagekeeper/facebook/graph-client';
import type { GraphError } from '@pagekeeper/facebook/graph-error';
import type { Secret } from '@pagekeeper/runtime/secret';
import { DomainError } from '../errors.ts';
import { saysSomethingOfTheToken } from '../facebook/examination-failed.ts';
import type { StatusReason } from '../integrations/facebook-page-integration.ts';
import { judgeFoundPage } from './judge-grant.ts';
import { badToken, notGranted, unreachable } from './reasons.ts';

/** A page whose token was just proven to be its own and our app's; or why it cannot be had. */
export type ProvenPage = { page_id: string; page_name: string; grant: PageGrant & { token: Secret } };
export type Offer = ProvenPage | { page_id: string; page_name: string | null; reason: StatusReason };

interface Proving {
  appId: string;
  token: Secret;
  pageIds: readonly string[];
  /** Is told what the calls come to: null where they come through. */
  note: (error: GraphError | null) => Promise<void>;
}

/**
 * Asks Facebook anew what the login shows: what the picker saw may be an hour old, and a claim needs a live token.
 * @returns one end per page id, in their order
 * @throws DomainError `unavailable`, or `connection_not_ready` where the login is dead
 */
export async function provePages(graph: GraphClient, { appId, token, pageIds, note }: Proving): Promise<Offer[]> {
  const listed = await graph.listPages(token);
  await note(listed.ok ? null : listed.error);
  if (!listed.ok && saysSomethingOfTheToken(listed.error)) {
    throw new DomainError('connection_not_ready', 'Facebook no longer accepts the login. Begin a new connection.');
  }
  if (!listed.ok) throw new DomainError('unavailable', 'Facebook did not answer as it should. Nothing was connected.');
  const grants = new Map(listed.value.map(grant => [grant.id, grant]));
  const found = pageIds.flatMap(id => grants.get(id) ?? []).filter(hasToken);
  const infos = await graph.debugTokens(found.map(grant => grant.token));
  const unproven = infos.find(info => !info.ok);
  if (unproven) await note(unproven.error);
  const proven = new Map(found.map((grant, index) => [grant.id, infos[index]!]));
  return pageIds.map(id => {
    const grant = grants.get(id);
    if (!grant) return { page_id: id, page_name: null, reason: notGranted };
    const named = { page_id: id, page_name: grant.name };
    const info = proven.get(id);
    if (info && !info.ok) return { ...named, reason: unreachable };
    const reason = judgeProof(appId, grant, info?.value ?? null);
    return reason || !hasToken(grant) ? { ...named, reason: reason ?? badToken } : { ...named, grant };
  });
}

const hasToken = (grant: PageGrant): grant is PageGrant & { token: Secret } => grant.token !== null;

function judgeProof(appId: string, grant: PageGrant, info: TokenInfo | null): StatusReason | null {
  // Only asked of a page without a token, which is reason enough.
  if (!info) return judgeFoundPage(unknownToken, grant);
  const isOwn = info.isValid && info.type === 'PAGE' && info.profileId === grant.id && info.appId === appId;
  return isOwn ? judgeFoundPage(info, grant) : badToken;
}
