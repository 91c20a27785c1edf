import { describe, expect, it } from 'vitest';
import { liveThrough } from './virtual-days/live.ts';
import { minute } from './virtual-days/random.ts';
import { seedOfRun } from './virtual-days/seed.ts';

describe('the last twenty days of logins, in a small town', () => {
  it('every death is noticed within a day, none is false, each thing is told once, nobody calls while throttled', async () => {
    const { complaints, deaths } = await liveThrough({
      pages: 20,
      people: 4,
      organizations: 3,
      startDay: 40,
      days: 19.5,
      leastStepMs: 10 * minute,
      meanDays: 3,
      faultMinutes: [60, 150],
      seed: seedOfRun(),
    });
    expect(complaints).toEqual([]);
    expect(deaths).toBeGreaterThan(0);
  }, 240_000);
});
