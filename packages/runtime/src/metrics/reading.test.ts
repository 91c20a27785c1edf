import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createReading } from './reading.ts';

it('many who ask cost one look, and for a while none', async () => {
  let looks = 0;
  const read = createReading(async () => ++looks, { freshMs: 60_000, timeoutMs: 5_000 });
  expect(await Promise.all([read(), read(), read()])).toEqual([1, 1, 1]);
  expect(await read()).toBe(1);
});

it('what is too old is looked at again', async () => {
  let looks = 0;
  const read = createReading(async () => ++looks, { freshMs: 0, timeoutMs: 5_000 });
  expect([await read(), await read()]).toEqual([1, 2]);
});

it('nobody waits for what does not come, nor begins it once more meanwhile', async () => {
  let looks = 0;
  const read = createReading(
    async () => {
      looks += 1;
      await sleep(500);
      return looks;
    },
    { freshMs: 60_000, timeoutMs: 20 },
  );
  expect([await read(), await read()]).toEqual([null, null]);
  await expect.poll(read, { timeout: 10_000 }).toBe(1);
});

it('what fails is nothing, and is tried again', async () => {
  let looks = 0;
  const read = createReading(
    async () => {
      looks += 1;
      if (looks === 1) throw new Error('away');
      return looks;
    },
    { freshMs: 0, timeoutMs: 5_000 },
  );
  expect([await read(), await read()]).toEqual([null, 2]);
});
