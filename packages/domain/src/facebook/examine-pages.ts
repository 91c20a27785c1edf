import type { GraphClient, GraphResult, PageDetails, PageGrant, TokenInfo } from '@pagekeeper/facebook/graph-client';
import { type GraphError, isForeignToken, localError } from '@pagekeeper/facebook/graph-error';
import type { Secret } from '@pagekeeper/runtime/secret';
import { tokenDeadStatuses } from '../integrations/facebook-page-integration.ts';
import { refuseOurFailure, saysSomethingOfTheToken } from './examination-failed.ts';
import type { LeasedPage } from './lease-login.ts';

/** What was found out about one page, or why nothing was. */
export type PageExamination =
  | { outcome: 'seen'; page: LeasedPage; found: PageFindings }
  /** The stored token does not open: Facebook was not asked. */
  | { outcome: 'damaged'; page: LeasedPage }
  /** The person removed the app: Facebook was not asked. */
  | { outcome: 'revoked'; page: LeasedPage }
  /** A call of ours failed for this page: its status stays. */
  | { outcome: 'failed'; page: LeasedPage; error: GraphError };

export interface PageFindings {
  info: TokenInfo;
  /** The token that works: the stored one, or one that was derived anew and replaces it. */
  token: Secret;
  replaced: boolean;
  /** The page in the person's list; undefined where it is not, null where there is no list. */
  grant: PageGrant | undefined | null;
  /** Whether the token itself was accepted when it was tried; null where it was not tried. */
  works: boolean | null;
}

/**
 * Looks at page tokens: all of them by `debug_token`; those that are dead or short-lived are replaced by what the
 * person's list holds; what still looks lost is tried itself, for one word is not enough to call a tenant dead.
 */
export async function examinePages(
  graph: GraphClient,
  appId: string,
  pages: readonly LeasedPage[],
  grants: readonly PageGrant[] | null,
  keep: () => Promise<void>,
): Promise<PageExamination[]> {
  const byId = grants && new Map(grants.map(grant => [grant.id, grant]));
  const usable = pages.filter(page => page.token !== null) as (LeasedPage & { token: Secret })[];
  const results = await graph.debugTokens(usable.map(({ token }) => token));
  refuseOurFailure(results);
  const examinations = zip(usable, results).map(([page, result]): PageExamination => {
    if (!result.ok) return { outcome: 'failed', page, error: result.error };
    const grant = byId ? byId.get(page.pageId) : null;
    return {
      outcome: 'seen',
      page,
      found: { info: result.value, token: page.token, replaced: false, grant, works: null },
    };
  });
  await keep();
  await replaceTokens(graph, examinations);
  await tryTokens(graph, appId, examinations);
  const damaged = pages.filter(page => page.token === null);
  return [...examinations, ...damaged.map((page): PageExamination => ({ outcome: 'damaged', page }))];
}

const zip = <A, B>(left: readonly A[], right: readonly B[]): [A, B][] =>
  left.map((value, index) => [value, right[index]!]);

type Seen = Extract<PageExamination, { outcome: 'seen' }>;

const seen = (examinations: readonly PageExamination[]): Seen[] =>
  examinations.filter((examination): examination is Seen => examination.outcome === 'seen');

/** A dead token, and one that ends with a short-lived login, gives way to a fresh one that is better. */
async function replaceTokens(graph: GraphClient, examinations: PageExamination[]): Promise<void> {
  const poor = seen(examinations).filter(({ found }) => !found.info.isValid || found.info.expiresAt !== null);
  const candidates = poor.flatMap(examination => {
    const token = examination.found.grant?.token;
    return token ? [{ examination, token }] : [];
  });
  if (candidates.length === 0) return;
  const results = await graph.debugTokens(candidates.map(({ token }) => token));
  // Of the others enough is known, however many of these failed.
  refuseOurFailure(results, { onlyOfTheApp: true });
  for (const [{ examination, token }, result] of zip(candidates, results)) {
    // It may be the one that works: nothing is said of the page until somebody knows.
    if (!result.ok) examinations[examinations.indexOf(examination)] = failed(examination, result.error);
    else if (result.value.isValid) Object.assign(examination.found, { info: result.value, token, replaced: true });
  }
}

const failed = ({ page }: Seen, error: GraphError): PageExamination => ({ outcome: 'failed', page, error });

/** Tries what `debug_token` calls dead, and what no list of the person's holds: it was complete, or not to be had. */
async function tryTokens(graph: GraphClient, appId: string, examinations: PageExamination[]): Promise<void> {
  const doubtful = seen(examinations).filter(examination => isDoubtful(examination, appId));
  const fail = (examination: Seen, error: GraphError) => {
    examinations[examinations.indexOf(examination)] = failed(examination, error);
  };
  for (const examination of doubtful) {
    const { restMs } = examination.page;
    if (restMs > 0) fail(examination, transient(leftAlone, restMs));
  }
  const tried = doubtful.filter(({ page }) => page.restMs === 0);
  if (tried.length === 0) return;
  const probes = await graph.probePages(tried.map(({ page, found }) => ({ id: page.pageId, token: found.token })));
  refuseOurFailure(probes, { onlyOfTheApp: true });
  for (const [examination, probe] of zip(tried, probes)) {
    const failure = settleProbe(examination.found, probe);
    if (failure) fail(examination, failure);
  }
}

/** A token that was found dead before, and is dead still, is used no more; another app's never. */
function isDoubtful({ page, found: { info, grant } }: Seen, appId: string): boolean {
  if (info.error && isForeignToken(info.error)) return false;
  if (info.appId !== null && info.appId !== appId) return false;
  if (!info.isValid) return !tokenDeadStatuses.includes(page.status);
  return !grant;
}

/** @returns the failure where nothing can be said */
function settleProbe(found: PageFindings, probe: GraphResult<PageDetails>): GraphError | null {
  if (probe.ok) {
    found.works = true;
    // Facebook calls it invalid and accepts it: nobody is called dead on that.
    return found.info.isValid ? null : transient(contradiction, null);
  }
  if (!saysSomethingOfTheToken(probe.error)) return probe.error;
  // Without a list this refusal is all that speaks of a lost role: it has to be about that.
  if (found.grant !== null || isOfARole(probe.error)) found.works = false;
  return null;
}

/** Code 10 is about a permission to look, which answers may do without; others are about the question. */
const isOfARole = ({ outcome, code }: GraphError): boolean => outcome !== 'PERMANENT' && code !== 10;

const contradiction = 'Facebook calls the token invalid and accepts it.';
const leftAlone = 'Facebook wants the page left alone for now.';

const transient = (message: string, waitMs: number | null): GraphError => ({
  ...localError(message, 'TRANSIENT', null, false),
  waitMs,
});
