import type { TokenError, TokenInfo } from '@pagekeeper/facebook/graph-client';
import { isForeignToken } from '@pagekeeper/facebook/graph-error';
import { type PageStatus, type StatusReason, tokenDeadStatuses } from '../integrations/facebook-page-integration.ts';
import { missingScopes, missingTasks, withheldScopes } from './needs.ts';

/** What a check found out about one page. */
export interface PageSituation {
  pageId: string;
  /** What `debug_token` says of the page token in use. */
  token: TokenInfo;
  /** The app the token must be for. */
  appId: string;
  /** The person's tasks on the page; null where the list did not tell. */
  tasks: readonly string[] | null;
  /** The person's list was complete and lacks the page, and the token itself was refused. */
  isLost: boolean;
  /** This integration holds the page's claim; null where it was not asked for. */
  holdsClaim: boolean | null;
  /** Our app is subscribed as `webhook_enabled` wants it; null where nobody could tell. */
  subscribed: boolean | null;
  /** The person's own token works: without it nothing can be renewed. */
  userIsAlive: boolean;
  /** When the person's token ends; null for never or unknown. */
  userTokenExpiresAt: Date | null;
}

export interface Verdict {
  status: PageStatus;
  reason: StatusReason | null;
  /** When it will end, for `expiring`; undefined where the end has come. */
  endsAt?: Date;
}

const day = 24 * 3_600_000;
const expiryNoticeMs = 14 * day;

/**
 * A page's status from what a check found: pure, most serious first.
 * @param now in business time
 */
export function judgePage(situation: PageSituation, now: Date): Verdict {
  const { token, pageId, appId } = situation;
  if (!token.isValid) return judgeDeadToken(token.error);
  if (token.appId !== appId) return foreign;
  if (token.type !== 'PAGE' || token.profileId !== pageId) {
    return needsReauth('wrong_token', 'The token given for the page is not a token of this page.');
  }
  if (situation.isLost) return roleLost;
  return judgeGrant(situation) ?? judgeConnection(situation) ?? judgeExpiry(situation, now);
}

function judgeGrant({ token, pageId, tasks }: PageSituation): Verdict | null {
  const missing = missingScopes(token);
  if (missing.length > 0) {
    const detail = `Facebook did not grant ${missing.join(', ')}.`;
    return verdict('needs_permission', 'permission_missing', detail, reconnect);
  }
  const withheld = withheldScopes(token, pageId);
  if (withheld.length > 0) {
    const detail = `The login grants ${withheld.join(', ')} for other pages, not for this one.`;
    return verdict('needs_permission', 'page_not_granted', detail, 'Connect again, and tick this page in the dialog.');
  }
  const lacking = tasks && missingTasks(tasks)[0];
  if (!lacking) return null;
  const detail = `The person who connected the page lacks the task ${lacking.anyOf.join(' or ')} on it, needed for ${lacking.for}.`;
  return verdict(
    'needs_permission',
    'task_missing',
    detail,
    'An admin of the page gives it to them, or connects the page.',
  );
}

function judgeConnection({ holdsClaim, subscribed }: PageSituation): Verdict | null {
  if (holdsClaim === false) {
    return verdict('unverified', 'page_unavailable', 'This page cannot be connected here.', askForPage);
  }
  if (subscribed === false) {
    return verdict('not_subscribed', 'not_subscribed', 'Facebook does not send us the events of this page.', retry);
  }
  return null;
}

function judgeExpiry({ token, userIsAlive, userTokenExpiresAt }: PageSituation, now: Date): Verdict {
  if (!userIsAlive) {
    const ended = 'The login behind the page has ended. The page works on, until Facebook ends its token too.';
    const endsAt = token.expiresAt && { endsAt: token.expiresAt };
    return { ...verdict('expiring', 'login_ended', ended, reconnect), ...endsAt };
  }
  const ends = [token.expiresAt, userTokenExpiresAt].filter(date => date !== null);
  const first = ends.sort((a, b) => a.getTime() - b.getTime())[0];
  if (!first || first.getTime() - now.getTime() > expiryNoticeMs) return { status: 'healthy', reason: null };
  const detail = `The login ends on ${first.toISOString().slice(0, 10)}.`;
  return { ...verdict('expiring', 'token_expiring', detail, reconnect), endsAt: first };
}

/** A dead token's status, by subcode. */
export function judgeDeadToken(error: TokenError | undefined): Verdict {
  if (error && isForeignToken(error)) return foreign;
  switch (error?.subcode) {
    case 458:
      return needsReauth('app_removed', 'The person removed the app on Facebook, or took this page away from it.');
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
      return roleLost;
    default:
      return needsReauth('token_invalid', 'Facebook does not accept the token.');
  }
}

/** What Facebook says of every token of a person who removed the app. */
export const appRemoved: TokenError = { code: 190, subcode: 458, message: 'The person removed the app.' };

/** A stored token was changed or moved: nothing of it is used. */
export const damaged: Verdict = {
  status: 'needs_reauth',
  reason: {
    code: 'token_damaged',
    detail: 'A stored token was changed or moved, and does not open any more.',
    fix: 'Connect the page again with a fresh login. Somebody wrote to the database past Pagekeeper: find out who.',
  },
};

const reconnect = 'Connect the page again with a fresh login, and grant everything that is asked for.';
const retry = 'Refresh the integration. If it stays so, connect the page again.';
const askForPage = 'If the page is yours, connect it with a login that manages it, and take it over.';

const verdict = (status: PageStatus, code: string, detail: string, fix: string): Verdict => ({
  status,
  reason: { code, detail, fix },
});

const needsReauth = (code: string, detail: string): Verdict => verdict('needs_reauth', code, detail, reconnect);

const foreign = needsReauth('foreign_token', 'The page token was made for another app.');

const roleLost: Verdict = verdict(
  'page_lost',
  'role_lost',
  'The person who connected the page has lost their role on it.',
  'Another admin of the page connects it, or the role is given back.',
);

/** Statuses in which the page's token can be used. */
export const usableStatuses: readonly PageStatus[] = ['healthy', 'expiring', 'not_subscribed', 'needs_permission'];

/** Statuses in which the page does not work for the organization, and people are told. */
export const deadStatuses: readonly PageStatus[] = [...tokenDeadStatuses, 'needs_permission'];
