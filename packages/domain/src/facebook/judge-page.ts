import type { TokenError, TokenInfo } from '@pagekeeper/facebook/graph-client';
import type { PageStatus, StatusReason } from '../integrations/facebook-page-integration.ts';

/** What a check found out about one page. */
export interface PageFindings {
  pageId: string;
  /** What `debug_token` says of the page token in use. */
  token: TokenInfo;
  /** The app the token must be for. */
  appId: string;
  /** This integration holds the page's claim; null where it was not asked for. */
  holdsClaim: boolean | null;
  /** Our app is subscribed as `webhook_enabled` wants it; null where nobody could tell. */
  subscribed: boolean | null;
  /** When the person's user token ends; null for never or unknown. */
  userTokenExpiresAt: Date | null;
}

export interface Verdict {
  status: PageStatus;
  reason: StatusReason | null;
}

/** Scopes without which a promised feature fails. */
const neededScopes = ['pages_manage_metadata', 'pages_messaging', 'pages_manage_engagement'];

const expiryNoticeMs = 14 * 24 * 3_600_000;

/**
 * A page's status from what a check found: pure, most serious first (fact sheet 6.3, 13, 14.1).
 * @param now in business time
 */
export function judgePage(findings: PageFindings, now: Date): Verdict {
  const { token, pageId, appId } = findings;
  if (!token.isValid) return judgeDeadToken(token.error);
  if (token.appId !== appId) return needsReauth('foreign_token', 'The page token was made for another app.');
  if (token.type !== 'PAGE' || token.profileId !== pageId) {
    return needsReauth('wrong_token', 'The token given for the page is not a token of this page.');
  }
  const missing = neededScopes.filter(scope => !token.scopes.includes(scope));
  if (missing.length > 0) {
    return verdict(
      'needs_permission',
      'permission_missing',
      `Facebook did not grant ${missing.join(', ')}.`,
      reconnect,
    );
  }
  if (findings.holdsClaim === false) {
    return verdict('unverified', 'page_unavailable', 'This page cannot be connected here.', askForPage);
  }
  if (findings.subscribed === false) {
    return verdict('not_subscribed', 'not_subscribed', 'Facebook does not send us the events of this page.', retry);
  }
  return judgeExpiry(token.expiresAt ?? findings.userTokenExpiresAt, now);
}

function judgeExpiry(expiresAt: Date | null, now: Date): Verdict {
  if (!expiresAt || expiresAt.getTime() - now.getTime() > expiryNoticeMs) return { status: 'healthy', reason: null };
  return verdict('expiring', 'token_expiring', `The login ends on ${expiresAt.toISOString().slice(0, 10)}.`, reconnect);
}

/** A dead token's status, by subcode (fact sheet 6.3). */
export function judgeDeadToken(error: TokenError | undefined): Verdict {
  switch (error?.subcode) {
    case 458:
      return needsReauth('app_removed', 'The person removed the app on Facebook.');
    case 459:
    case 464:
    case 490:
      return verdict(
        'blocked_user_action',
        'checkpoint',
        'Facebook wants the person to confirm their account.',
        'The person logs in at facebook.com and follows what it asks. The token then works again by itself.',
      );
    case 460:
      return needsReauth('password_changed', 'The person changed their password, or Facebook ended the session.');
    case 463:
      return needsReauth('token_expired', 'The token reached its end.');
    case 466:
      return needsReauth('token_revoked', 'The token was revoked.');
    case 492:
      return verdict(
        'page_lost',
        'role_lost',
        'The person who connected the page has lost their role on it.',
        'Another admin of the page connects it, or the role is given back.',
      );
    default:
      return needsReauth('token_invalid', 'Facebook does not accept the token.');
  }
}

const reconnect = 'Connect the page again with a fresh login, and grant everything that is asked for.';
const retry = 'Refresh the integration. If it stays so, connect the page again.';
const askForPage = 'If the page is yours, ask support: it may be connected elsewhere.';

const verdict = (status: PageStatus, code: string, detail: string, fix: string): Verdict => ({
  status,
  reason: { code, detail, fix },
});

const needsReauth = (code: string, detail: string): Verdict => verdict('needs_reauth', code, detail, reconnect);

/** Statuses in which the page's token can be used. */
export const usableStatuses: readonly PageStatus[] = ['healthy', 'expiring', 'not_subscribed', 'needs_permission'];
