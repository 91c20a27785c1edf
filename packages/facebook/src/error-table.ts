/** What a failed call means to its caller. */
export type Outcome =
  | 'TRANSIENT'
  | 'AMBIGUOUS'
  | 'THROTTLED_APP'
  | 'THROTTLED_PAGE'
  | 'THROTTLED_USER'
  | 'REAUTH'
  | 'USER_ACTION'
  | 'PERMISSION'
  | 'WINDOW_CLOSED'
  | 'RECIPIENT'
  | 'BLOCKED'
  | 'ALREADY_DONE'
  | 'CONFIG'
  | 'PERMANENT';

/** One known error. `subcode: null` stands for the code alone, and for subcodes that have no row of their own. */
export interface ErrorRow {
  code: number;
  subcode: number | null;
  outcome: Outcome;
  gist: string;
}

const row = (code: number, subcode: number | null, outcome: Outcome, gist: string): ErrorRow => ({
  code,
  subcode,
  outcome,
  gist,
});

/** Subcodes that say what happened to a token, under code 190, 102, or any OAuthException. */
export const tokenSubcodes: ReadonlyMap<number, Outcome> = new Map<number, Outcome>([
  [458, 'REAUTH'], // the person removed the app
  [459, 'USER_ACTION'], // checkpoint: the same token may live again
  [460, 'REAUTH'], // password changed
  [463, 'REAUTH'], // expired
  [464, 'USER_ACTION'], // unconfirmed account
  [466, 'REAUTH'], // revoked by an API call
  [467, 'REAUTH'], // invalid
  [490, 'USER_ACTION'], // blocking checkpoint
  [492, 'REAUTH'], // the person lost the role on the page
]);

/** Codes, and the failures of a code exchange. */
export const errorTable: readonly ErrorRow[] = [
  row(1, null, 'TRANSIENT', 'unknown error'),
  row(1, 99, 'TRANSIENT', 'unknown error; on messaging perhaps a missing permission'),
  row(1, 1357046, 'AMBIGUOUS', 'invalid JSON reply; messages may have been sent'),
  row(2, null, 'TRANSIENT', 'service temporarily unavailable'),
  row(2, 2018344, 'PERMISSION', 'inbox label terms not accepted'),
  row(3, null, 'PERMISSION', 'the app lacks the capability'),
  row(4, null, 'THROTTLED_APP', 'application request limit'),
  row(4, 2018354, 'PERMANENT', 'marketing message frequency'),
  row(9, 2018352, 'PERMANENT', 'marketing message frequency'),
  row(10, null, 'PERMISSION', 'permission not granted or removed'),
  row(10, 2018278, 'WINDOW_CLOSED', 'outside of the allowed window'),
  row(10, 2534022, 'WINDOW_CLOSED', 'outside of the allowed window, Instagram'),
  row(10, 2018065, 'WINDOW_CLOSED', 'outside of the allowed window, older text'),
  row(10, 2018108, 'RECIPIENT', 'the person is not receiving messages now'),
  row(10, 2018300, 'RECIPIENT', 'another app controls the thread'),
  row(10, 1893063, 'BLOCKED', 'page temporarily restricted from sending'),
  row(12, null, 'PERMANENT', 'deprecated edge'),
  row(17, null, 'THROTTLED_USER', 'user request limit'),
  row(17, 2446079, 'THROTTLED_USER', 'user request limit'),
  row(32, null, 'THROTTLED_PAGE', 'page request limit'),
  row(33, null, 'PERMANENT', 'object does not exist'),
  row(100, null, 'PERMANENT', 'invalid parameter'),
  row(100, 33, 'PERMANENT', 'object does not exist or may not be seen'),
  row(100, 36007, 'PERMANENT', 'authorization code expired: log in again'),
  row(100, 36008, 'CONFIG', 'redirect_uri differs from the one of the dialog'),
  row(100, 36009, 'PERMANENT', 'authorization code used: log in again'),
  row(100, 2018001, 'RECIPIENT', 'no matching user'),
  row(100, 2018047, 'PERMANENT', 'attachment type mismatch'),
  row(100, 2018109, 'PERMANENT', 'attachment too large'),
  row(100, 2018292, 'PERMANENT', 'invalid comment_id'),
  row(100, 2534014, 'RECIPIENT', 'no matching Instagram user'),
  row(101, null, 'CONFIG', 'invalid app id'),
  // CONFIG or REAUTH, nobody says: only one of them can wrongly declare a tenant's token dead.
  row(104, null, 'CONFIG', 'incorrect signature'),
  // Not a dead token although the subcode says so: the whole app is blocked.
  row(200, 458, 'CONFIG', 'API access blocked'),
  row(200, 2018028, 'PERMISSION', 'pages_messaging is not approved, or the app is not live'),
  row(200, 2018027, 'PERMISSION', 'phone matching'),
  row(200, 2018021, 'PERMISSION', 'phone matching'),
  row(200, 1545041, 'RECIPIENT', 'the person is not available'),
  row(200, 2534041, 'PERMISSION', 'owner disabled Instagram message access'),
  row(341, null, 'THROTTLED_APP', 'application limit'),
  row(368, null, 'BLOCKED', 'temporarily blocked for policy'),
  row(368, 1390008, 'BLOCKED', 'too fast'),
  row(506, null, 'ALREADY_DONE', 'duplicate post'),
  row(551, null, 'RECIPIENT', 'the person is not receiving messages'),
  row(551, 1545041, 'RECIPIENT', 'the person is not available'),
  row(613, null, 'THROTTLED_PAGE', 'rate limit of one endpoint'),
  row(613, 1996, 'THROTTLED_PAGE', 'inconsistent request volume'),
  row(613, 2534040, 'THROTTLED_PAGE', 'rate limit of one endpoint'),
  row(803, null, 'PERMANENT', 'some aliases do not exist'),
  row(1200, null, 'TRANSIENT', 'temporary send failure'),
  row(1705, null, 'CONFIG', 'written as a person, not as the page'),
  row(2200, null, 'CONFIG', 'callback verification failed'),
  row(2500, null, 'CONFIG', 'no token, or a version that never existed'),
  row(10900, null, 'ALREADY_DONE', 'activity already replied to'),
  row(10902, null, 'PERMANENT', 'not a replyable activity'),
  row(80000, null, 'THROTTLED_PAGE', 'business use case limit: ads insights'),
  row(80001, null, 'THROTTLED_PAGE', 'business use case limit: pages'),
  row(80002, null, 'THROTTLED_PAGE', 'business use case limit: Instagram'),
  row(80003, null, 'THROTTLED_PAGE', 'business use case limit: custom audience'),
  row(80004, null, 'THROTTLED_PAGE', 'business use case limit: ads management'),
  row(80005, null, 'THROTTLED_PAGE', 'business use case limit: lead generation'),
  row(80006, null, 'THROTTLED_PAGE', 'business use case limit: Messenger'),
  row(1609005, null, 'PERMANENT', 'could not read the posted link'),
];

/** The same meaning also arrives without its subcode; then the text is all there is. Read when no exact row fits. */
export const messageRules: readonly { codes: readonly number[]; pattern: RegExp; outcome: Outcome }[] = [
  { codes: [1], pattern: /may have been sent/i, outcome: 'AMBIGUOUS' },
  { codes: [10], pattern: /outside (of )?(the )?allowed window/i, outcome: 'WINDOW_CLOSED' },
  { codes: [10, 200], pattern: /person isn.t (receiving|available)/i, outcome: 'RECIPIENT' },
  { codes: [100], pattern: /no matching user found/i, outcome: 'RECIPIENT' },
];

/**
 * Faults of our own set-up, or of Graph with it, that are reported under codes which mean something else.
 */
export const configurationMessages: readonly RegExp[] = [
  /API access (is )?blocked/i,
  // A token of an app that was deleted has this beginning too, and is dead.
  /error validating application\b.*system error/i,
  /appsecret_proof/i,
  /validating client secret/i,
  /provide valid app id/i,
];

const rowsByCode = new Map(errorTable.map(known => [key(known.code, known.subcode), known]));

/** The outcome of exactly this pair; null when the table has no such row. */
export function knownOutcome(code: number, subcode: number | null): Outcome | null {
  return rowsByCode.get(key(code, subcode))?.outcome ?? null;
}

function key(code: number, subcode: number | null): string {
  return `${code}/${subcode ?? ''}`;
}
