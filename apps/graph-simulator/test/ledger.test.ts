import { afterEach, expect, test } from 'vitest';
import type { Rig } from './support.ts';
import { seedPage, startRig } from './support.ts';

let rig: Rig;
afterEach(() => rig.stop());

test('a bounded ledger forgets entries, and its counts forget none', async () => {
  rig = await startRig({ ledgerLines: 100 });
  const [one, other] = [await seedPage(rig), await seedPage(rig, { name: 'Rival', pages: [{ name: 'Red Cup' }] })];
  const { psid } = await rig.sim('POST', `/pages/${one.pageId}/messages`, { text: 'Hi' });
  const send = (token: string, id: string) =>
    rig.call('POST', `/v25.0/me/messages?access_token=${token}`, { recipient: { id }, message: { text: 'x' } });
  for (let round = 0; round < 300; round += 1) await send(one.pageToken, psid);
  for (let round = 0; round < 20; round += 1) await send(other.pageToken, psid);

  const { data, last_sequence, forgotten_through } = await rig.sim('GET', '/ledger?limit=10000');
  expect(data.length).toBeLessThan(125);
  expect(data.at(-1).sequence).toBe(last_sequence);
  expect(data[0].sequence).toBe(forgotten_through + 1);

  const all = await rig.sim('GET', '/ledger/counts');
  // Two calls subscribed the Pages.
  expect(all.calls).toEqual({
    total: 322,
    by_endpoint: { 'POST subscribed_apps': 2, 'POST messages': 320 },
    by_status: { 200: 302, 400: 20 },
  });
  expect(all.sends).toMatchObject({ total: 320, applied: 300, targets: 1, repeated: { [`recipient ${psid}`]: 300 } });
  expect((await rig.sim('GET', `/ledger/counts?page_id=${other.pageId}`)).calls.total).toBe(21);
  expect((await rig.sim('GET', `/ledger/counts?page_id=${other.pageId}`)).sends.applied).toBe(0);

  expect((await rig.sim('GET', `/ledger/counts?after=${last_sequence - 30}`)).calls.total).toBe(30);
  const tooOld = await rig.call('GET', '/__sim/ledger/counts?after=5');
  expect([tooOld.status, tooOld.json.error]).toEqual([400, expect.stringContaining('are forgotten')]);
});

test('the revision grows with what happens, and not with looking', async () => {
  rig = await startRig();
  const revision = async () => (await rig.sim('GET', '/')).revision;
  const before = await revision();
  expect(await revision()).toBe(before);
  await seedPage(rig);
  expect(await revision()).toBeGreaterThan(before);
});
