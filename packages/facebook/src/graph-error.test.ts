import { describe, expect, test } from 'vitest';
import { errorTable } from './error-table.ts';
import type { GraphFailure, Outcome } from './graph-error.ts';
import { classifyGraphError, classifyTokenError } from './graph-error.ts';
import { noUsage } from './usage.ts';

const failure: GraphFailure = {
  write: false,
  http: 400,
  maybeWritten: true,
  body: undefined,
  reason: 'for the test',
  usage: noUsage,
  retryAfterMs: null,
};

function classify(error: Record<string, unknown>, around: Partial<GraphFailure> = {}) {
  return classifyGraphError({ ...failure, body: { error: { type: 'OAuthException', ...error } }, ...around });
}

describe('token errors', () => {
  const rows: [number, number | undefined, Outcome][] = [
    [190, undefined, 'REAUTH'],
    [190, 0, 'REAUTH'],
    [190, 458, 'REAUTH'],
    [190, 459, 'USER_ACTION'],
    [190, 460, 'REAUTH'],
    [190, 463, 'REAUTH'],
    [190, 464, 'USER_ACTION'],
    [190, 466, 'REAUTH'],
    [190, 467, 'REAUTH'],
    [190, 490, 'USER_ACTION'],
    [190, 492, 'REAUTH'],
    [190, 99999, 'REAUTH'],
    [102, undefined, 'REAUTH'],
    [102, 463, 'REAUTH'],
    [2500, 463, 'REAUTH'],
    [1, 459, 'USER_ACTION'],
  ];
  test.each(rows)('%s/%s is %s', (code, subcode, outcome) => {
    expect(classify({ code, error_subcode: subcode }).outcome).toBe(outcome);
    expect(classify({ code, error_subcode: subcode, is_transient: true }).outcome).toBe(outcome);
    expect(classify({ code, error_subcode: subcode }, { http: 401, write: true })).toMatchObject({
      outcome,
      sentMaybe: false,
    });
  });

  test('a block of the app is not a dead token', () => {
    expect(classify({ code: 200, error_subcode: 458, message: 'API access blocked.' }).outcome).toBe('CONFIG');
  });

  test('a token subcode counts only under an OAuthException', () => {
    expect(classify({ code: 100, error_subcode: 463, type: 'GraphMethodException' }).outcome).toBe('PERMANENT');
  });

  test('the inner error of debug_token', () => {
    expect(classifyTokenError({ code: 190, subcode: 459, message: '' })).toBe('USER_ACTION');
    expect(classifyTokenError({ code: 190, subcode: null, message: 'cannot parse' })).toBe('REAUTH');
    const deleted = 'Error validating application. Application has been deleted.';
    expect(classifyTokenError({ code: 190, subcode: null, message: deleted })).toBe('REAUTH');
  });
});

describe('code table', () => {
  test.each(errorTable.map(row => [row.code, row.subcode, row.outcome] as const))(
    '%s/%s is %s',
    (code, subcode, outcome) => {
      const expected = outcome === 'AMBIGUOUS' ? 'TRANSIENT' : outcome;
      expect(classify({ code, error_subcode: subcode ?? undefined }).outcome).toBe(expected);
      expect(classify({ code, error_subcode: subcode ?? undefined }).sentMaybe).toBe(false);
    },
  );

  // The table again, by hand, so that a slip in the data shows.
  const sheet: [Outcome, string][] = [
    ['TRANSIENT', '1 1/99 2 1200'],
    ['PERMISSION', '2/2018344 3 10 200 210 230 283 299 200/2018028 200/2018027 200/2018021 200/2534041'],
    ['THROTTLED_APP', '4 341'],
    ['THROTTLED_USER', '17 17/2446079'],
    ['THROTTLED_PAGE', '32 613 613/1996 613/2534040 80001 80002 80005 80006'],
    ['WINDOW_CLOSED', '10/2018278 10/2534022 10/2018065'],
    ['RECIPIENT', '10/2018108 10/2018300 100/2018001 100/2534014 200/1545041 551 551/1545041'],
    ['BLOCKED', '10/1893063 368 368/1390008 368/5'],
    [
      'PERMANENT',
      '9/2018352 4/2018354 12 33 100 100/33 100/2018047 100/2018109 803 10902 100/2018292 1609005 7777 300',
    ],
    ['PERMANENT', '100/36007 100/36009'],
    ['CONFIG', '101 104 1705 2200 2500 100/36008'],
    ['ALREADY_DONE', '506 10900'],
  ];
  test.each(sheet.flatMap(([outcome, codes]) => codes.split(' ').map(code => [code, outcome])))(
    '%s is %s',
    (pair, outcome) => {
      const [code, subcode] = pair.split('/').map(Number);
      expect(classify({ code, error_subcode: subcode }).outcome).toBe(outcome);
    },
  );
});

describe('order of the classifier', () => {
  test.each([
    ['API calls from the server require an appsecret_proof argument', 100],
    ['Invalid appsecret_proof provided in the API argument', 100],
    ['Error validating client secret.', 1],
    ['(#200) Provide valid app ID', 200],
    ['(#200) API access blocked.', 200],
    ['Error validating application. Cannot get application info due to a system error.', 190],
  ])('a fault of our own configuration: %s', (message, code) => {
    expect(classify({ code, message, type: 'GraphMethodException', is_transient: true }).outcome).toBe('CONFIG');
  });

  test('is_transient wins over PERMANENT, not over anything that was recognised', () => {
    expect(classify({ code: 7777, is_transient: true }).outcome).toBe('TRANSIENT');
    expect(classify({ code: 100, is_transient: true }).outcome).toBe('TRANSIENT');
    expect(classify({ code: 4, is_transient: true }, { http: 403 }).outcome).toBe('THROTTLED_APP');
    expect(classify({ code: 10, is_transient: true }).outcome).toBe('PERMISSION');
    expect(classify({ code: 100, error_subcode: 33, is_transient: true }).outcome).toBe('PERMANENT');
  });

  test('an unknown code is transient under a 5xx', () => {
    expect(classify({ code: 7777 }, { http: 500 }).outcome).toBe('TRANSIENT');
  });

  test.each([
    [10, '(#10) This message is sent outside of allowed window.', 'WINDOW_CLOSED'],
    [10, "This person isn't receiving messages from you right now.", 'RECIPIENT'],
    [200, "(#200) This person isn't available right now.", 'RECIPIENT'],
    [100, '(#100) No matching user found', 'RECIPIENT'],
  ])('the text where the subcode is missing: %s %s', (code, message, outcome) => {
    expect(classify({ code, message }).outcome).toBe(outcome);
  });

  test('an envelope with a type but no code', () => {
    const message = 'Too many requests in batch message. Maximum batch size is 50';
    expect(classify({ type: 'GraphBatchException', message })).toMatchObject({
      code: null,
      outcome: 'PERMANENT',
      message,
    });
  });
});

describe('writes that may have happened', () => {
  const write = { write: true };
  test.each<[string, Record<string, unknown>, Partial<GraphFailure>, Outcome, boolean]>([
    ['code 2 as 400 is a refusal', { code: 2, is_transient: true }, {}, 'TRANSIENT', false],
    ['code 2 as 500 may have happened', { code: 2, is_transient: true }, { http: 500 }, 'AMBIGUOUS', true],
    ['code 1 is no refusal', { code: 1 }, {}, 'AMBIGUOUS', true],
    ['1/1357046 says so itself', { code: 1, error_subcode: 1357046 }, {}, 'AMBIGUOUS', true],
    ['the same without subcode', { code: 1, message: 'messages may have been sent' }, {}, 'AMBIGUOUS', true],
    ['a passing trouble that nobody knows', { code: 77, is_transient: true }, {}, 'AMBIGUOUS', true],
    ['1200 is a refusal', { code: 1200 }, {}, 'TRANSIENT', false],
    ['a throttle is a refusal', { code: 613 }, { http: 500 }, 'THROTTLED_PAGE', false],
    ['a dead token cannot have written', { code: 190 }, { http: 500 }, 'REAUTH', false],
    ['an error in a 2xx is doubtful', { code: 100 }, { http: 200 }, 'PERMANENT', true],
  ])('%s', (_name, error, around, outcome, sentMaybe) => {
    expect(classify(error, { ...write, ...around })).toMatchObject({ outcome, sentMaybe });
  });

  test.each<[string, Partial<GraphFailure>, Outcome, boolean]>([
    ['no answer to a read', { write: false, http: null }, 'TRANSIENT', false],
    ['no answer to a write', { ...write, http: null }, 'AMBIGUOUS', true],
    ['a write that never left', { ...write, http: null, maybeWritten: false }, 'TRANSIENT', false],
    ['2xx unreadable, write', { ...write, http: 200 }, 'AMBIGUOUS', true],
    ['2xx unreadable, read', { http: 200 }, 'TRANSIENT', false],
    ['2xx with other JSON, write', { ...write, http: 200, body: {} }, 'AMBIGUOUS', true],
    ['HTML 502, write', { ...write, http: 502 }, 'AMBIGUOUS', true],
    ['HTML 502, read', { http: 502 }, 'TRANSIENT', false],
    ['HTML 404, write', { ...write, http: 404 }, 'TRANSIENT', false],
    ['400 unreadable, write', { ...write, http: 400 }, 'AMBIGUOUS', true],
    ['400 unreadable, read', { http: 400 }, 'TRANSIENT', false],
    ['a status that nobody knows, write', { ...write, http: 418 }, 'AMBIGUOUS', true],
    ['HTML 429, write', { ...write, http: 429 }, 'THROTTLED_PAGE', false],
    ['a redirect', { ...write, http: 302 }, 'CONFIG', true],
    ['a proxy that waited too long', { ...write, http: 408 }, 'AMBIGUOUS', true],
    ['the JSON of a proxy', { http: 503, body: { error: { message: 'upstream' } } }, 'TRANSIENT', false],
    ['an error that is a string', { http: 500, body: { error: 'no' } }, 'TRANSIENT', false],
  ])('%s', (_name, around, outcome, sentMaybe) => {
    expect(classifyGraphError({ ...failure, ...around })).toMatchObject({ outcome, sentMaybe });
  });
});

describe('what an error carries', () => {
  test('waits', () => {
    const buc = [{ id: '1', type: 'pages', calls: 120, cpu: 0, time: 0, regainMin: 12 }];
    expect(classify({ code: 80001 }, { usage: { ...noUsage, buc } }).waitMs).toBe(12 * 60_000);
    expect(classify({ code: 4 }).waitMs).toBe(5 * 60_000);
    expect(classify({ code: 4 }, { retryAfterMs: 600_000 }).waitMs).toBe(600_000);
    // A page's minutes, which may be hundreds, are not everybody's.
    expect(classify({ code: 4 }, { usage: { ...noUsage, buc } }).waitMs).toBe(5 * 60_000);
    expect(classify({ code: 2 }, { retryAfterMs: 30_000 }).waitMs).toBe(30_000);
    expect(classify({ code: 2 }, { usage: { ...noUsage, buc } }).waitMs).toBeNull();
  });

  test('trace id, type, and a message without tokens and of bounded length', () => {
    const error = classify({ code: 190, message: `bad EAAsecret12345 ${'x'.repeat(2_000)}`, fbtrace_id: 'Arh2-_x' });
    expect(error).toMatchObject({ fbtraceId: 'Arh2-_x', type: 'OAuthException', code: 190, subcode: null, http: 400 });
    expect(error.message).toContain('bad [sealed]');
    expect(error.message.length).toBeLessThanOrEqual(500);
  });

  test('odd envelopes', () => {
    expect(classify({ code: '190', error_subcode: '463' })).toMatchObject({ code: 190, subcode: 463 });
    expect(classify({ code: {}, type: [], message: 5, fbtrace_id: '<script>' })).toMatchObject({
      code: null,
      fbtraceId: null,
    });
  });
});
