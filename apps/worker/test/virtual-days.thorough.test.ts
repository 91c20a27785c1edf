import { describe, expect, it } from 'vitest';
import { liveThrough } from './virtual-days/live.ts';
import { hour } from './virtual-days/random.ts';
import { seedOfRun } from './virtual-days/seed.ts';

describe('sixty virtual days of a thousand pages', () => {
  it('every death is noticed within a day, none is false, each thing is told once, nobody calls while throttled', async () => {
    const { complaints, deaths } = await liveThrough({
      pages: 1_000,
      people: 200,
      organizations: 20,
      startDay: 0,
      days: 59.9,
      leastStepMs: hour,
      meanDays: 20,
      faultMinutes: [20, 80],
      seed: seedOfRun(),
    });
    expect(complaints).toEqual([]);
    expect(deaths).toBeGreaterThan(500);
  }, 3_600_000);
});
