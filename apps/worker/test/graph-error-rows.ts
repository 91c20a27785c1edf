/** Calls of the simulator's ledger about one page's person, by method and endpoint. */
export type Calls = Readonly<Record<string, number>>;

/** What happens to the person behind a page; then a customer writes twice. */
export interface TokenRow {
  sentence: string;
  /** Null: an hour passes for a token that lives no longer. */
  event: { type: string; [detail: string]: unknown } | null;
  ends: { status: string; reason: string; calls: Calls };
}

// One answer is refused. Then Facebook is asked for the person's pages, for both tokens, and the page token itself is
// tried: what it says of itself and what others say of it must agree before anybody is called dead.
const refusedAndLookedAt = { 'POST messages': 1, 'GET accounts': 1, 'GET debug_token': 2, 'GET page': 1 };
// The person's own token lives, and needs no look.
const withoutUserToken = { ...refusedAndLookedAt, 'GET debug_token': 1 };
// The page token lives too: its subscription is read.
const aliveAndWell = { 'POST messages': 1, 'GET accounts': 1, 'GET debug_token': 1, 'GET subscribed_apps': 1 };

const needsReauth = (reason: string) => ({ status: 'needs_reauth', reason, calls: refusedAndLookedAt });
const blocked = { status: 'blocked_user_action', reason: 'checkpoint', calls: refusedAndLookedAt };

/** Subcodes of dead tokens, and what a lost permission does (code 10 and 200 to 299). */
export const tokenRows: readonly TokenRow[] = [
  {
    sentence: '190: Facebook does not take the token, and says no more than that',
    event: { type: 'tokens_invalidated', subcode: null },
    ends: needsReauth('token_invalid'),
  },
  { sentence: '190/458: the person removed the app', event: { type: 'deauthorize' }, ends: needsReauth('app_removed') },
  { sentence: '190/459: a checkpoint', event: { type: 'checkpoint', subcode: 459 }, ends: blocked },
  {
    sentence: '190/460: the password was changed',
    event: { type: 'password_change' },
    ends: needsReauth('password_changed'),
  },
  {
    sentence: '190/460: the person logged out everywhere',
    event: { type: 'logout_everywhere' },
    ends: needsReauth('password_changed'),
  },
  { sentence: '190/463: expired', event: null, ends: needsReauth('token_expired') },
  { sentence: '190/464: an unconfirmed account', event: { type: 'checkpoint', subcode: 464 }, ends: blocked },
  { sentence: '190/466: revoked by a call', event: { type: 'revoke' }, ends: needsReauth('token_revoked') },
  { sentence: '190/467: invalid', event: { type: 'tokens_invalidated' }, ends: needsReauth('token_invalid') },
  { sentence: '190/490: a blocking checkpoint', event: { type: 'checkpoint', subcode: 490 }, ends: blocked },
  {
    sentence: '190/492: the role on the page was lost',
    event: { type: 'role_removed' },
    ends: { status: 'page_lost', reason: 'role_lost', calls: withoutUserToken },
  },
  {
    sentence: '230: pages_messaging was taken back',
    event: { type: 'permission_removed', scope: 'pages_messaging' },
    ends: { status: 'needs_permission', reason: 'permission_missing', calls: aliveAndWell },
  },
];

/** What Facebook says to an answer of ours. */
export interface Refusal {
  code: number;
  subcode?: number;
  http?: number;
  message?: string;
  /** Its answer is cut off. */
  truncated?: boolean;
  /** It takes effect all the same. */
  applied?: boolean;
}

/** An answer is refused, once unless told otherwise. The page's token is fine all the while. */
export interface SendRow {
  sentence: string;
  to: 'message' | 'comment' | 'comment in private';
  refusal: Refusal;
  times: number;
  ends: {
    reply: 'sent' | 'rejected' | 'unknown';
    /** So long the page was left alone after the first refusal; null for not at all. */
    restsMinutes: number | null;
    calls: Calls;
  };
}

type Ending = (post: string) => SendRow['ends'];

const look = { 'GET accounts': 1, 'GET debug_token': 1, 'GET subscribed_apps': 1 };
/** Nothing was sent, and never will be. */
const rejected: Ending = post => ({ reply: 'rejected', restsMinutes: null, calls: { [post]: 1 } });
/** Tried again after seconds. */
const triedAgain: Ending = post => ({ reply: 'sent', restsMinutes: null, calls: { [post]: 2 } });
/** Nobody knows whether it was sent, no echo comes, and silence is chosen over a double. */
const silent: Ending = post => ({ reply: 'unknown', restsMinutes: null, calls: { [post]: 1 } });
/** It was sent: the echo says so, or Facebook. */
const sentAtOnce: Ending = post => ({ reply: 'sent', restsMinutes: null, calls: { [post]: 1 } });
/** It is looked for under the comment at once and when it must be there, and then sent again. */
const lookedFor: Ending = post => ({ reply: 'sent', restsMinutes: null, calls: { [post]: 2, 'GET comments': 2 } });
/** The page is left alone for so long, then the answer is sent. */
const rests =
  (restsMinutes: number): Ending =>
  post => ({ reply: 'sent', restsMinutes, calls: { [post]: 2 } });
/** One look at the page finds it well: its status stays, and the answer is sent a minute later. */
const lookedAt: Ending = post => ({ reply: 'sent', restsMinutes: 1, calls: { [post]: 2, ...look } });
/** The same, twice over. */
const givenUp: Ending = post => ({
  reply: 'rejected',
  restsMinutes: 1,
  calls: { [post]: 3, 'GET accounts': 2, 'GET debug_token': 2, 'GET subscribed_apps': 2 },
});

const posts = { message: 'POST messages', comment: 'POST comments', 'comment in private': 'POST messages' } as const;

const row = (
  to: SendRow['to'],
  error: string,
  gist: string,
  ending: Ending,
  more: Partial<Refusal> & { times?: number } = {},
): SendRow => {
  const [code, subcode] = error.split('/').map(Number) as [number, number?];
  const { times = 1, ...refusal } = more;
  const sentence = `${error}: ${gist} (to a ${to})`;
  return { sentence, to, refusal: { code, ...(subcode && { subcode }), ...refusal }, times, ends: ending(posts[to]) };
};

const systemError = 'Error validating application. Cannot get application info due to a system error.';

/** The code table, and codes of dead tokens where `debug_token` does not confirm them. */
export const sendRows: readonly SendRow[] = [
  row('message', '1', 'an unknown error', silent, { http: 500 }),
  row('comment', '1', 'an unknown error', lookedFor, { http: 500 }),
  row('message', '1/99', 'an unknown error', silent, { http: 500 }),
  row('message', '1/1357046', 'may have been sent, and was', sentAtOnce, { applied: true }),
  row('message', '1/1357046', 'may have been sent, and was not', silent),
  row('message', '1/1357046', 'was sent, says an answer that is cut off', sentAtOnce, {
    applied: true,
    truncated: true,
  }),
  row('message', '100', 'an answer that is cut off', silent, { truncated: true }),
  row('comment', '100', 'an answer that is cut off', lookedFor, { truncated: true }),
  row('message', '2', 'unavailable for now', triedAgain),
  row('message', '2/2018344', 'the inbox terms are not accepted', lookedAt),
  row('message', '3', 'the app lacks the capability', lookedAt),
  row('message', '4/2018354', 'marketing message frequency', rejected),
  row('message', '9/2018352', 'marketing message frequency', rejected),
  row('message', '10', 'a permission is missing, says only this answer', lookedAt),
  row('message', '10/2018278', 'outside of the window', rejected),
  row('message', '10/2534022', 'outside of the window, Instagram', rejected),
  row('message', '10/2018065', 'outside of the window, older text', rejected),
  row('message', '10/2018108', 'the person is not receiving messages', rejected),
  row('message', '10/2018300', 'another app controls the thread', rejected),
  row('message', '10/1893063', 'the page may not send for now', rests(360)),
  row('message', '12', 'a deprecated edge', rejected),
  row('message', '17', 'the person’s limit', rests(5)),
  row('message', '17/2446079', 'the person’s limit', rests(5)),
  row('comment', '32', 'the page’s limit', rests(5)),
  row('comment', '33', 'there is no such object', rejected),
  row('comment', '100/33', 'there is no such comment', rejected),
  row('message', '100', 'an invalid parameter', rejected),
  row('message', '100', 'a removed message tag', rejected, {
    message: '(#100) The message tag ACCOUNT_UPDATE is not supported.',
  }),
  row('message', '100', 'a proof of the app secret that does not hold', rests(1), {
    message: 'Invalid appsecret_proof provided in the API argument',
  }),
  row('message', '100/2018001', 'no matching user', rejected),
  row('message', '100/2018047', 'an attachment of another type', rejected),
  row('message', '100/2018109', 'an attachment that is too large', rejected),
  row('message', '100/2534014', 'no matching Instagram user', rejected),
  row('comment in private', '100/2018292', 'an invalid comment', rejected),
  row('message', '101', 'an invalid app id', rests(1)),
  row('message', '102', 'an API session that ended, says only this answer', lookedAt),
  row('message', '104', 'an incorrect signature', rests(1)),
  row('message', '190', 'a dead token, says only this answer', lookedAt),
  row('message', '190/460', 'a changed password, says only this answer', lookedAt),
  row('message', '190/459', 'a checkpoint, says only this answer', lookedAt),
  row('message', '200', 'a permissions error', lookedAt),
  row('message', '190', 'Facebook could not look at the app', rests(1), { message: systemError }),
  row('message', '200', 'the whole app is blocked, without a subcode', rests(1), { message: 'API access blocked.' }),
  row('message', '200/458', 'the whole app is blocked, and no tenant’s token dead', rests(1)),
  row('message', '210', 'a permissions error', lookedAt),
  row('message', '230', 'a permissions error', lookedAt),
  row('message', '283', 'a permissions error', lookedAt),
  row('message', '299', 'a permissions error', lookedAt),
  row('message', '200/2018028', 'the app is not approved, and stays so', givenUp, { times: 9 }),
  row('message', '200/2018027', 'phone matching', lookedAt),
  row('message', '200/2018021', 'phone matching', lookedAt),
  row('message', '200/1545041', 'the person is not available', rejected),
  row('message', '200/2534041', 'no access to Instagram messages', lookedAt),
  row('message', '368', 'blocked for policy', rests(360)),
  row('comment', '368/1390008', 'too fast', rests(360)),
  row('comment', '506', 'a duplicate text', rejected),
  row('message', '551', 'the person is not receiving messages', rejected),
  row('message', '551/1545041', 'the person is not available', rejected),
  row('message', '613', 'the limit of one endpoint', rests(5)),
  row('message', '613/1996', 'too uneven a volume', rests(5)),
  row('message', '613/2534040', 'the limit of one endpoint', rests(5)),
  row('comment', '803', 'an alias that does not exist', rejected),
  row('message', '1200', 'a send failed for the moment', triedAgain),
  row('message', '1705', 'written as a person', rests(1)),
  row('message', '2200', 'a callback that was not verified', rests(1)),
  row('message', '2500', 'a version that never existed', rests(1)),
  row('comment in private', '10900', 'answered before', sentAtOnce),
  row('comment in private', '10902', 'nothing that can be answered', rejected),
  row('message', '80000', 'the allowance of ads insights', rests(5)),
  row('comment', '80001', 'the page’s allowance', rests(5)),
  row('message', '80002', 'the allowance of Instagram', rests(5)),
  row('message', '80003', 'the allowance of audiences', rests(5)),
  row('message', '80004', 'the allowance of ads management', rests(5)),
  row('message', '80005', 'the allowance of lead generation', rests(5)),
  row('message', '80006', 'the page’s allowance of messages', rests(5)),
  row('message', '1609005', 'a posted link that cannot be read', rejected),
];
