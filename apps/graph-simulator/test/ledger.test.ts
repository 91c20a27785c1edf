import { afterEach, expect, test } from 'vitest';
import type { Json, Rig } from './support.ts';
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

test('what happened to people is kept, with the pages that died and revived by it', async () => {
  rig = await startRig();
  const { personId, pageId } = await seedPage(rig);
  const happens = (body: object) => rig.sim('POST', `/people/${personId}/events`, body);
  await happens({ type: 'checkpoint', subcode: 464 });
  await happens({ type: 'checkpoint_lifted' });
  await happens({ type: 'permission_removed', scope: 'pages_messaging' });
  await rig.sim('POST', `/people/${personId}/tokens`, { page_ids: [] });
  await rig.sim('POST', `/people/${personId}/tokens`);
  await happens({ type: 'tokens_invalidated' });
  const { data } = await rig.sim('GET', '/ledger/events');
  expect(data.map(({ event, died, revived }: Json) => [event, died, revived])).toEqual([
    ['login_elsewhere', [], []],
    ['checkpoint', [pageId], []],
    ['checkpoint_lifted', [], [pageId]],
    ['permission_removed', [], []],
    ['login_elsewhere', [pageId], []],
    ['login_elsewhere', [], []],
    ['tokens_invalidated', [pageId], []],
  ]);
  expect(data[1]).toMatchObject({ person_id: personId, detail: { subcode: 464 } });
  const { data: later } = await rig.sim('GET', `/ledger/events?after=${data.at(-2).sequence}`);
  expect(later).toEqual([data.at(-1)]);
});

test('the revision grows with what happens, and not with looking', async () => {
  rig = await startRig();
  const revision = async () => (await rig.sim('GET', '/')).revision;
  const before = await revision();
  expect(await revision()).toBe(before);
  await seedPage(rig);
  expect(await revision()).toBeGreaterThan(before);
});
