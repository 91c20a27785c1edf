import { describe, expect, test } from 'vitest';
import { noUsage, parseUsage, peakPercent } from './usage.ts';

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
    expect(peakPercent(usage)).toBe(241);
  });

  test('absent headers are normal', () => {
    expect(parseUsage({})).toEqual(noUsage);
    expect(peakPercent(noUsage)).toBe(0);
  });

  test.each(['', 'nonsense', '[]', 'null', '1', '{"call_count":"28"}', '{"a":{}}', '{"a":[null,1,"x"]}'])(
    'what cannot be read is absent: %s',
    value => {
      const headers = { 'x-app-usage': value, 'x-page-usage': value, 'x-business-use-case-usage': value };
      expect(parseUsage(headers)).toEqual(noUsage);
    },
  );
});
