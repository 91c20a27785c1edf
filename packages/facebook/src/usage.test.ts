import { describe, expect, test } from 'vitest';
import { noUsage, pageRestMs, parseUsage, type Usage } from './usage.ts';

describe('parseUsage', () => {
  test('reads all three headers, above 100 too', () => {
    const usage = parseUsage({
      'x-app-usage': '{"call_count":28,"total_time":208,"total_cputime":25}',
      'x-page-usage': '{"call_count":85,"total_cputime":56,"total_time":60}',
      'x-business-use-case-usage':
        '{"104500000000001":[{"type":"pages","call_count":241,"total_cputime":23,"total_time":23,"estimated_time_to_regain_access":7}]}',
    });
    expect(usage).toEqual({
      app: { calls: 28, cpu: 25, time: 208 },
      page: { calls: 85, cpu: 56, time: 60 },
      buc: [{ id: '104500000000001', type: 'pages', calls: 241, cpu: 23, time: 23, regainMin: 7 }],
    });
  });

  test('absent headers are normal', () => {
    expect(parseUsage({})).toEqual(noUsage);
  });

  test.each(['', 'nonsense', '[]', 'null', '1', '{"call_count":"28"}', '{"a":{}}', '{"a":[null,1,"x"]}'])(
    'what cannot be read is absent: %s',
    value => {
      const headers = { 'x-app-usage': value, 'x-page-usage': value, 'x-business-use-case-usage': value };
      expect(parseUsage(headers)).toEqual(noUsage);
    },
  );
});

describe('how long a page is left alone', () => {
  const business = { id: '1', type: 'pages', calls: 0, cpu: 0, time: 0, regainMin: 0 };
  const minute = 60_000;
  test.each<[string, Partial<Usage>, number | null]>([
    ['nothing was said', {}, null],
    ['calls are left', { buc: [{ ...business, calls: 99 }] }, null],
    ['none is left, and no minutes were said', { buc: [{ ...business, time: 100 }] }, 5 * minute],
    ['as long as Facebook says', { buc: [{ ...business, calls: 140, regainMin: 42 }] }, 42 * minute],
    ['at least five minutes', { buc: [{ ...business, regainMin: 1 }] }, 5 * minute],
    ['the longer of two allowances', { buc: [7, 9].map(regainMin => ({ ...business, regainMin })) }, 9 * minute],
    ['another page’s is no matter', { buc: [{ ...business, id: '2', regainMin: 42 }] }, null],
    ['the older header', { page: { calls: 100, cpu: 0, time: 0 } }, 5 * minute],
  ])('%s', (_name, usage, expected) => {
    expect(pageRestMs({ ...noUsage, ...usage }, '1')).toBe(expected);
  });
});
