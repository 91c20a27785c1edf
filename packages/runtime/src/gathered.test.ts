import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { gathered } from './gathered.ts';

describe('calls that are gathered', () => {
  it('go together where they are made in one turn, and each gets the result of its own', async () => {
    const runs: number[][] = [];
    const double = gathered(async (items: readonly number[]) => {
      runs.push([...items]);
      return items.map(item => item * 2);
    });
    expect(await Promise.all([double(1), double(2), double(3)])).toEqual([2, 4, 6]);
    expect(runs).toEqual([[1, 2, 3]]);
  });

  it('wait for the run that is under way, all that come meanwhile in one', async () => {
    const runs: number[][] = [];
    let running = 0;
    let end = () => {};
    const ended = new Promise<void>(resolve => {
      end = resolve;
    });
    const same = gathered(async (items: readonly number[]) => {
      running += 1;
      expect(running).toBe(1);
      runs.push([...items]);
      await ended;
      running -= 1;
      return items;
    });
    const first = same(1);
    while (runs.length === 0) await nextTurn();
    const later = [same(2)];
    await nextTurn();
    later.push(same(3));
    end();
    expect(await Promise.all([first, ...later])).toEqual([1, 2, 3]);
    expect(runs).toEqual([[1], [2, 3]]);
  });

  it('fail together, and the next ones go on', async () => {
    let fails = true;
    const same = gathered(async (items: readonly number[]) => {
      if (fails) throw new Error('down');
      return items;
    });
    const failed = await Promise.allSettled([same(1), same(2)]);
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    fails = false;
    expect(await same(3)).toBe(3);
  });
});
