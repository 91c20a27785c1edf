import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { usualRetryDelaysMs } from '../src/webhooks/emitter.ts';
import type { Rig } from './support.ts';
import { seedPage, startReceiver, startRig } from './support.ts';

let rig: Rig;
let receiver: Awaited<ReturnType<typeof startReceiver>>;
let page: Awaited<ReturnType<typeof seedPage>>;
let status: number;

beforeEach(async () => {
  status = 503;
  receiver = await startReceiver(() => status);
  rig = await startRig({ callbackUrl: receiver.url, retryDelaysMs: usualRetryDelaysMs });
  page = await seedPage(rig);
});
afterEach(async () => {
  await rig.stop();
  await receiver.stop();
});

const comment = (text = 'Hi') => rig.sim('POST', `/pages/${page.pageId}/comments`, { text });
const message = (text = 'Hi') => rig.sim('POST', `/pages/${page.pageId}/messages`, { text });
const advance = (advance_seconds: number) => rig.sim('POST', '/clock', { advance_seconds });
const alerts = async () => (await rig.sim('GET', '/alerts')).data.map((alert: { type: string }) => alert.type);
const subscribed = async () => (await rig.sim('GET', '/pages')).data[0].subscribed_fields;

describe('changes', () => {
  test('are tried at once, then ever more rarely, for thirty-six hours of the virtual clock, and then dropped', async () => {
    await comment();
    const attempts: number[] = [];
    for (let hours = 0; hours < 36; hours += 1) {
      await rig.calm();
      attempts.push(receiver.delivered.length);
      await advance(3600);
    }
    const between = (from: number, to: number) => attempts[to]! - attempts[from]!;
    // What a moved clock has made due is tried once, however much time has passed.
    expect(attempts[0]).toBe(2);
    expect(between(0, 9)).toBe(9);
    expect(between(9, 35)).toBeLessThan(20);
    expect(between(23, 35)).toBeLessThan(5);
    await advance(7 * 3600);
    await rig.calm();
    expect(rig.world.emitter.pending.retries).toBe(0);
    const total = receiver.delivered.length;
    await advance(100 * 3600);
    await rig.calm();
    expect(receiver.delivered.length).toBe(total);
    expect(new Set(receiver.delivered.map(({ text }) => text)).size).toBe(1);
    expect(await alerts()).toEqual([]);
    expect(await subscribed()).toContain('feed');
  });

  test('come as soon as they are taken again', async () => {
    await comment();
    await rig.calm();
    status = 200;
    await advance(3600);
    await rig.calm();
    expect(receiver.delivered.length).toBe(3);
  });

  test('stop when the page unsubscribes', async () => {
    await comment();
    await rig.calm();
    await rig.call('DELETE', `/v25.0/${page.pageId}/subscribed_apps?access_token=${page.pageToken}`);
    await advance(36 * 3600);
    await rig.calm();
    expect(receiver.delivered.length).toBe(2);
  });
});

describe('messaging', () => {
  test('failing for a quarter of an hour is an alert, for an hour the end of the subscription', async () => {
    await message();
    await rig.calm();
    await advance(14 * 60);
    await rig.calm();
    expect(await alerts()).toEqual([]);
    await advance(2 * 60);
    await rig.calm();
    expect(await subscribed()).toContain('messages');
    await advance(45 * 60);
    await rig.calm();
    expect(await alerts()).toEqual(['messaging_failing', 'webhooks_disabled']);
    expect(await subscribed()).toBeNull();
    expect((await message()).delivery).toBe('not_subscribed');
    expect((await comment()).delivery).toBe('not_subscribed');
    expect(
      (await rig.call('GET', `/v25.0/${page.pageId}/subscribed_apps?access_token=${page.pageToken}`)).json,
    ).toEqual({ data: [] });
  });

  test('that arrives again in time ends the spell', async () => {
    await message('first');
    await rig.calm();
    await advance(50 * 60);
    await rig.calm();
    status = 200;
    await message('second');
    await rig.calm();
    status = 503;
    await message('third');
    await rig.calm();
    await advance(40 * 60);
    await rig.calm();
    expect(await alerts()).toEqual(['messaging_failing', 'messaging_failing']);
    expect(await subscribed()).toContain('messages');
  });

  test('is not disabled by a clock that jumps, when the next attempt succeeds', async () => {
    await message();
    await rig.calm();
    status = 200;
    await advance(5 * 3600);
    await rig.calm();
    expect(receiver.delivered.length).toBe(3);
    expect(await alerts()).toEqual([]);
    expect(await subscribed()).toContain('messages');
  });

  test('by the knobs, is given up after some attempts, and disabled later', async () => {
    await rig.sim('PATCH', '/app', { messaging_attempts: 2, messaging_disabled_after_minutes: 480 });
    await message();
    await rig.calm();
    await rig.calm();
    await advance(7 * 3600);
    await rig.calm();
    expect(await subscribed()).toContain('messages');
    await advance(3600);
    await rig.calm();
    expect(await subscribed()).toBeNull();
    expect(receiver.delivered.length).toBe(2);
  });
});

test('an answer that does not come in time is a failure', async () => {
  await rig.stop();
  const { createServer } = await import('node:http');
  let asked = 0;
  const silent = createServer((request, response) => {
    request.resume();
    asked += 1;
    if (asked > 1) response.end();
  });
  await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve));
  const address = silent.address();
  const port = typeof address === 'object' ? address?.port : 0;
  rig = await startRig({ callbackUrl: `http://127.0.0.1:${port}/`, retryDelaysMs: [0] });
  page = await seedPage(rig);
  await rig.sim('PATCH', '/app', { delivery_timeout_ms: 1_000 });
  await comment();
  await rig.settled(() => rig.world.ledger.entries.filter(({ type }) => type === 'delivery').length === 2);
  const { data } = await rig.sim('GET', '/ledger?type=delivery');
  expect(data.map((entry: { status: number | null; failure: string | null }) => entry.status ?? entry.failure)).toEqual(
    ['timeout', 200],
  );
  silent.closeAllConnections();
  silent.close();
});
