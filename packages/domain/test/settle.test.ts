import { classifyGraphError, localError } from '@pagekeeper/facebook/graph-error';
import { expect, it, test } from 'vitest';
import { maxAttempts, maxRetries, settleFailure } from '../src/replies/settle.ts';

/** What Facebook's answer to a send means, from its envelope on. */
function settle(error: object | undefined, { http = 400, attempts = 1, retryAfterMs = null as number | null } = {}) {
  const graphError = classifyGraphError({
    write: true,
    http,
    maybeWritten: true,
    body: error === undefined ? undefined : { error: { message: 'gist', type: 'OAuthException', ...error } },
    reason: 'no envelope',
    usage: { app: null, page: null, buc: [] } as never,
    retryAfterMs,
  });
  return settleFailure(graphError, attempts);
}

const page = { type: 'pause', scope: 'page' };

test.each<[string, object, object]>([
  ['a dead token', { code: 190, error_subcode: 460 }, { ...page, check: true, counts: true, waitMs: 60_000 }],
  ['a checkpoint', { code: 190, error_subcode: 459 }, { ...page, check: true }],
  ['a missing permission', { code: 200 }, { ...page, check: true }],
  ['a block', { code: 368 }, { ...page, check: false, waitMs: 6 * 3_600_000 }],
  ['a restricted page', { code: 10, error_subcode: 1893063 }, { ...page, check: false }],
  ['the page’s limit', { code: 80001 }, { ...page, counts: false, waitMs: 300_000 }],
  ['the app’s limit', { code: 4 }, { type: 'pause', scope: 'app', counts: false }],
  ['a window that closed', { code: 10, error_subcode: 2018278 }, { type: 'rejected' }],
  ['a person who is away', { code: 551 }, { type: 'rejected' }],
  ['a comment that is gone', { code: 100, error_subcode: 33 }, { type: 'rejected' }],
  ['a second private reply', { code: 10900 }, { type: 'done' }],
  ['a duplicate text', { code: 506 }, { type: 'rejected' }],
  ['a moment’s trouble', { code: 2, is_transient: true }, { type: 'retry', afterSeconds: 5 }],
  ['an unknown error', { code: 1 }, { type: 'unknown' }],
  ['what may have been sent', { code: 1, error_subcode: 1357046 }, { type: 'unknown' }],
  ['an unknown code that calls itself transient', { code: 987654, is_transient: true }, { type: 'unknown' }],
  ['an app secret of ours', { code: 100, message: 'Invalid appsecret_proof provided in the API argument' }, page],
])('%s', (_name, error, expected) => {
  expect(settle(error)).toMatchObject(expected);
});

test.each([302, 408, 500, 502, 504])('an answer %i that is not Graph’s may follow a send', http => {
  expect(settle(undefined, { http })).toMatchObject({ type: 'unknown' });
});

it('an answer that another thing was done is looked into no further', () => {
  const edited = localError('Graph edited the comment', 'PERMANENT', 200, true);
  expect(settleFailure(edited, 1)).toEqual({
    type: 'given_up',
    reason: 'It may have been sent and is not sent again. Facebook: Graph edited the comment',
  });
});

it('gives up on one event in the end, except where the fault is ours or the limit is all', () => {
  for (const code of [190, 200, 368]) {
    expect(settle({ code }, { attempts: maxAttempts }), `${code}`).toMatchObject({ type: 'rejected' });
  }
  expect(settle({ code: 2, is_transient: true }, { attempts: maxRetries })).toMatchObject({ type: 'rejected' });
  for (const code of [4, 80001, 101]) {
    expect(settle({ code }, { attempts: 50 }), `${code}`).toMatchObject({ type: 'pause' });
  }
});

it('tries on for hours while Facebook is ill, and not before it says', () => {
  const waits = Array.from({ length: maxRetries - 1 }, (_, tries) => settle({ code: 2 }, { attempts: tries + 1 }));
  const seconds = waits.map(wait => ('afterSeconds' in wait ? wait.afterSeconds : 0));
  expect(waits.every(({ type }) => type === 'retry')).toBe(true);
  expect(seconds.reduce((sum, each) => sum + each)).toBeGreaterThan(5 * 3_600);
  expect(settle({ code: 2 }, { retryAfterMs: 90_000 })).toMatchObject({ type: 'retry', afterSeconds: 90 });
});

it('lets one comment stop its page for a few minutes only', () => {
  const pauses = [1, 2, 3].map(attempts => settle({ code: 200 }, { attempts }));
  expect(pauses).toMatchObject([{ ...page, waitMs: 60_000 }, { ...page, waitMs: 120_000 }, { type: 'rejected' }]);
});
