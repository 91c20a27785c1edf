import { setTimeout as sleep } from 'node:timers/promises';
import { keepLease } from '@pagekeeper/domain/keep-lease';
import { createLog } from '@pagekeeper/runtime/log';
import { describe, expect, it } from 'vitest';

const ctx = { log: createLog({ name: 'test', level: 'silent' }) };

/** Keeps a lease that notes when it is extended. */
function keep(extend: () => Promise<unknown>, atMostMs = 60_000) {
  let extended = 0;
  const count = async () => {
    extended += 1;
    await extend();
  };
  const letGo = keepLease(ctx, {}, count, { everyMs: 20, atMostMs });
  return { letGo, times: () => extended };
}

describe('a lease', () => {
  it('is extended until it is let go, also after one failure', async () => {
    let fails = true;
    const kept = keep(async () => {
      if (fails) {
        fails = false;
        throw new Error('The database was away.');
      }
    });
    await expect.poll(kept.times).toBeGreaterThan(2);
    kept.letGo();
    const then = kept.times();
    await sleep(200);
    expect(kept.times()).toBe(then);
  });

  it('is extended once at a time, however long that takes', async () => {
    let finish = () => {};
    const kept = keep(() => new Promise<void>(resolve => (finish = resolve)));
    await expect.poll(kept.times).toBe(1);
    await sleep(200);
    expect(kept.times()).toBe(1);
    finish();
    await expect.poll(kept.times).toBe(2);
    kept.letGo();
  });

  it('of what hangs is given up', async () => {
    const kept = keep(async () => {}, 100);
    await sleep(300);
    const then = kept.times();
    await sleep(200);
    expect(kept.times()).toBe(then);
    kept.letGo();
  });
});
