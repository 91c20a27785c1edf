import type { Calls } from './graph-error-rows.ts';

/** One call of a check goes wrong, for as long as the fault stands. */
export interface CheckRow {
  sentence: string;
  endpoint: string;
  fault: { type: string; [detail: string]: unknown };
  ends: {
    outcome: 'checked' | 'throttled' | 'unreachable';
    status: string;
    calls: Calls;
    /** What is left alone for five minutes. */
    rests: 'app' | 'page' | null;
    /** When the page is looked at again: in minutes after a failure of ours, within a day after a look. */
    again: 'in minutes' | 'within a day' | 'within two hours';
  };
}

type Ending = CheckRow['ends'];

/** For one page: the list of the person's pages, its token, its subscription. */
const whole = { 'GET accounts': 1, 'GET debug_token': 1, 'GET subscribed_apps': 1 };
const healthy: Ending = {
  outcome: 'checked',
  status: 'healthy',
  calls: whole,
  rests: null,
  again: 'within a day',
};
/** The person's list is refused, so their own token is asked about, and the page's is tried. */
const lookedTwice: Ending = { ...healthy, calls: { ...whole, 'GET debug_token': 2, 'GET page': 1 } };
const failed = (calls: Calls): Ending => ({
  outcome: 'unreachable',
  status: 'healthy',
  calls,
  rests: null,
  again: 'in minutes',
});
const throttled = (calls: Calls, rests: 'app' | null): Ending => ({ ...failed(calls), outcome: 'throttled', rests });
const refusedList = { 'GET accounts': 1 };
/** A read is repeated twice before it counts as failed. */
const repeatedList = { 'GET accounts': 3 };
const untilToken = { 'GET accounts': 1, 'GET debug_token': 1 };
const foreign: Ending = { ...healthy, status: 'needs_reauth', calls: { 'GET accounts': 1, 'GET debug_token': 2 } };
/** Nobody could tell whether its events come. */
const unsettled: Ending = { ...healthy, again: 'in minutes' };
const notSubscribed: Ending = { ...healthy, status: 'not_subscribed', again: 'within two hours' };

const row = (
  endpoint: string,
  error: string,
  gist: string,
  ends: Ending,
  more: { http?: number; message?: string } = {},
): CheckRow => {
  const [code, subcode] = error.split('/').map(Number) as [number, number?];
  const fault = { type: 'error', code, ...(subcode && { subcode }), ...more };
  return { sentence: `${error}: ${gist} (${endpoint})`, endpoint, fault, ends };
};

const systemError = 'Error validating application. Cannot get application info due to a system error.';

/** The code table as far as a check meets it, and what comes from no table. */
export const checkRows: readonly CheckRow[] = [
  row('accounts', '1', 'an unknown error', failed(repeatedList), { http: 500 }),
  row('accounts', '2', 'unavailable for now', failed(repeatedList)),
  row('accounts', '4', 'the app’s limit', throttled(refusedList, 'app'), { http: 403 }),
  row('accounts', '341', 'the app’s limit', throttled(refusedList, 'app')),
  row('accounts', '17', 'the person’s limit', throttled(refusedList, null)),
  row('accounts', '32', 'a limit of pages', throttled(refusedList, null)),
  row('accounts', '613', 'the limit of one endpoint', throttled(refusedList, null)),
  row('accounts', '3', 'the app lacks the capability', lookedTwice),
  row('accounts', '10', 'a permission is missing', lookedTwice),
  row('accounts', '200', 'a permissions error', lookedTwice),
  row('accounts', '100', 'an invalid parameter', lookedTwice),
  row('accounts', '803', 'an alias that does not exist', lookedTwice),
  row('accounts', '102', 'an API session that ended, and debug_token knows nothing of it', lookedTwice),
  row('accounts', '190', 'a dead token, and debug_token knows nothing of it', lookedTwice),
  row('accounts', '190/460', 'a changed password, and debug_token knows nothing of it', lookedTwice),
  row('accounts', '190/459', 'a checkpoint, and debug_token knows nothing of it', lookedTwice),
  row('accounts', '101', 'an invalid app id', failed(refusedList)),
  row('accounts', '104', 'an incorrect signature', failed(refusedList)),
  row('accounts', '100', 'a proof of the app secret that does not hold', failed(refusedList), {
    message: 'Invalid appsecret_proof provided in the API argument',
  }),
  row('accounts', '190', 'Facebook could not look at the app', failed(refusedList), { message: systemError }),
  row('accounts', '200', 'the whole app is blocked, without a subcode', failed(refusedList), {
    message: 'API access blocked.',
  }),
  row('accounts', '200/458', 'the whole app is blocked', failed(refusedList), { message: 'API access blocked.' }),
  row('accounts', '368', 'blocked for policy', failed(refusedList)),
  row('accounts', '2500', 'a version that never existed', failed(refusedList)),
  row('debug_token', '1', 'an unknown error', failed(untilToken), { http: 500 }),
  row('debug_token', '2', 'unavailable for now', failed(untilToken)),
  row('debug_token', '4', 'the app’s limit', throttled(untilToken, 'app'), { http: 403 }),
  row('debug_token', '190', 'our own app token is not taken', failed(untilToken)),
  row('debug_token', '100', 'our own app token is none', failed(untilToken)),
  // Asked about the page's token, and about the one in the person's list. Neither is used.
  row('debug_token', '100', 'a token of another app', foreign, {
    http: 400,
    message: '(#100) The App_id in the input_token did not match the Viewing App',
  }),
  row('subscribed_apps', '2', 'unavailable for now', unsettled),
  row('subscribed_apps', '4', 'the app’s limit', { ...unsettled, rests: 'app' }, { http: 403 }),
  row('subscribed_apps', '32', 'the page’s limit', { ...unsettled, rests: 'page' }),
  row('subscribed_apps', '80001', 'the page’s allowance', { ...unsettled, rests: 'page' }),
  row('subscribed_apps', '200', 'a permissions error', notSubscribed),
  row('subscribed_apps', '210', 'a permissions error', notSubscribed),
  {
    sentence: 'HTML from a proxy (accounts)',
    endpoint: 'accounts',
    fault: { type: 'html' },
    ends: failed(repeatedList),
  },
  {
    sentence: 'a connection that breaks (accounts)',
    endpoint: 'accounts',
    fault: { type: 'reset' },
    ends: failed(repeatedList),
  },
  {
    sentence: 'an answer without a body (accounts)',
    endpoint: 'accounts',
    fault: { type: 'empty' },
    ends: failed(repeatedList),
  },
  {
    sentence: 'half an answer (accounts)',
    endpoint: 'accounts',
    fault: { type: 'truncated' },
    ends: failed(repeatedList),
  },
  {
    sentence: 'an item of a batch that is cut off (debug_token)',
    endpoint: 'debug_token',
    fault: { type: 'lost_response' },
    ends: failed(untilToken),
  },
];
