import { requiredScopes } from '@pagekeeper/facebook/dialog';
import type { PageGrant, TokenInfo } from '@pagekeeper/facebook/graph-client';
import { missingTasks, neededScopes, withheldScopes } from '../facebook/needs.ts';
import type { StatusReason } from '../integrations/facebook-page-integration.ts';
import { noPages, noPageToken, noUsablePages, permissionsMissing, taskMissing, withheld } from './reasons.ts';

/** What a login grants. */
export interface Grant {
  info: TokenInfo;
  pages: readonly PageGrant[];
}

/** Asked for and not granted; most of it is needed. */
export const missingPermissions = ({ scopes }: TokenInfo): string[] =>
  requiredScopes.filter(scope => !scopes.includes(scope));

/** Without the list no page is seen; without the others a promised feature fails. */
const needed = ['pages_show_list', ...Object.keys(neededScopes)];

const missingAndNeeded = (info: TokenInfo): string[] =>
  missingPermissions(info).filter(scope => needed.includes(scope));

/**
 * Why a page cannot be connected by this login, or null. Pure.
 * @param info what `debug_token` says of a token: the person's, or later the page's own
 */
export function judgeFoundPage(info: TokenInfo, page: PageGrant): StatusReason | null {
  if (!page.token) return noPageToken;
  const missing = missingAndNeeded(info);
  if (missing.length > 0) return permissionsMissing(missing);
  const elsewhere = withheldScopes(info, page.id);
  if (elsewhere.length > 0) return withheld(elsewhere);
  const [lacking] = missingTasks(page.tasks);
  return lacking ? taskMissing(lacking.anyOf, lacking.for) : null;
}

/** Why nothing can be connected by this login, or null. Pure. */
export function judgeGrant({ info, pages }: Grant): StatusReason | null {
  const missing = missingAndNeeded(info);
  if (missing.length > 0) return permissionsMissing(missing);
  if (pages.length === 0) return noPages;
  return pages.every(page => judgeFoundPage(info, page)) ? noUsablePages : null;
}
