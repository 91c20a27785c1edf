import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Reply, Rig } from './support.ts';
import { appToken, seedPage, startRig } from './support.ts';

let rig: Rig;
let page: Awaited<ReturnType<typeof seedPage>>;

beforeEach(async () => {
  rig = await startRig();
  page = await seedPage(rig);
});
afterEach(() => rig.stop());

const get = (path: string, token: string) =>
  rig.call('GET', `/v25.0/${path}${path.includes('?') ? '&' : '?'}access_token=${token}`);
const allow = (allowance: object) => rig.sim('PATCH', '/app', { allowance });
const advance = (advance_seconds: number) => rig.sim('POST', '/clock', { advance_seconds });
const appUsage = ({ headers }: Reply) => JSON.parse(headers.get('x-app-usage') ?? 'null');
const pageUsage = ({ headers }: Reply) =>
  JSON.parse(headers.get('x-business-use-case-usage') ?? 'null')?.[page.pageId]?.[0] ?? null;

/** Calls until it is refused, and answers with that refusal. */
async function exhaust(call: () => Promise<Reply>): Promise<Reply> {
  for (let round = 0; round < 50; round += 1) {
    const answer = await call();
    if (answer.status !== 200) return answer;
  }
  throw new Error('It was never refused.');
}

describe('each kind of token has its allowance', () => {
  test('the app: 4 as 403, with x-app-usage', async () => {
    await allow({ app: 10 });
    const over = await exhaust(() => get(`debug_token?input_token=x`, appToken));
    expect(over.status).toBe(403);
    expect(over.json.error).toMatchObject({ code: 4, is_transient: true });
    expect(appUsage(over).call_count).toBe(100);
    expect(pageUsage(over)).toBeNull();
    expect((await get('me', page.userToken)).status).toBe(200);
  });

  test('a person: 17', async () => {
    await allow({ user: 10 });
    const over = await exhaust(() => get('me/accounts', page.userToken));
    expect(over.json.error.code).toBe(17);
    expect(appUsage(over).call_count).toBe(100);
    expect((await get('me', page.pageToken)).status).toBe(200);
  });

  test('a page and its messenger, each of its own: 80001 and 80006', async () => {
    const { psid } = await rig.sim('POST', `/pages/${page.pageId}/messages`, { text: 'Hi' });
    await allow({ page: 10, messenger: 10 });
    const send = () =>
      rig.call('POST', `/v25.0/me/messages?access_token=${page.pageToken}`, {
        recipient: { id: psid },
        message: { text: 'x' },
      });
    const over = await exhaust(send);
    expect(over.json.error.code).toBe(80006);
    expect(pageUsage(over)).toMatchObject({ type: 'messenger', call_count: 100 });
    expect((await exhaust(() => get('me', page.pageToken))).json.error.code).toBe(80001);
  });
});

test('usage is absent while trivial, then climbs, and past 100; refused calls count and prolong', async () => {
  await allow({ page: 40 });
  const seen: (number | null)[] = [];
  for (let round = 0; round < 60; round += 1) seen.push(pageUsage(await get('me', page.pageToken))?.call_count ?? null);
  expect(seen[0]).toBe(5);
  expect(seen.at(-1)).toBe(152);
  const last = await get('me', page.pageToken);
  const { estimated_time_to_regain_access: minutes } = pageUsage(last);
  expect(minutes).toBeGreaterThan(22 * 60);
  expect(minutes).toBeLessThanOrEqual(24 * 60);
  await advance(23 * 3600);
  expect((await get('me', page.pageToken)).json.error.code).toBe(80001);
  await advance(3600);
  expect((await get('me', page.pageToken)).status).toBe(200);
  await rig.sim('POST', '/reset');
  page = await seedPage(rig);
  expect(pageUsage(await get('me', page.pageToken))).toBeNull();
});

test('the window rolls: what is old makes room bit by bit', async () => {
  await allow({ app: 10 });
  const ask = () => get(`debug_token?input_token=x`, appToken);
  for (let round = 0; round < 5; round += 1) await ask();
  await advance(30 * 60);
  for (let round = 0; round < 4; round += 1) expect((await ask()).status).toBe(200);
  const over = await ask();
  expect(over.status).toBe(403);
  await advance(31 * 60);
  expect((await ask()).status).toBe(200);
});

test.each([
  [4, 403],
  [17, 400],
  [32, 400],
  [341, 400],
  [613, 400],
  [80001, 400],
  [80006, 400],
])('throttle %i on command', async (code, http) => {
  await rig.sim('POST', '/faults', { fault: { type: 'throttle', code, minutes: 7, percent: 120 } });
  const answers = [await get('me', page.pageToken), await get('me', page.pageToken)];
  expect(answers.map(({ status }) => status)).toEqual([http, http]);
  expect(answers[1]!.json.error).toMatchObject({ code, is_transient: true });
  const used = code === 32 || code > 80_000 ? pageUsage(answers[1]!) : appUsage(answers[1]!);
  expect(used.call_count).toBe(121);
  // Seven minutes, and one more for each call made meanwhile.
  await advance(8 * 60);
  expect((await get('me', page.pageToken)).status).toBe(http);
  await advance(60 * 60);
  expect((await get('me', page.pageToken)).status).toBe(200);
});

test('the older header of a page', async () => {
  const page_header = { call_count: 85, total_time: 60, total_cputime: 56 };
  await rig.sim('POST', '/faults', { fault: { type: 'usage', page_header } });
  expect(JSON.parse((await get('me', page.pageToken)).headers.get('x-page-usage')!)).toEqual(page_header);
});
