import { sweepLoginsJob } from '@pagekeeper/domain/jobs';
import { processesHaveTwins } from '@pagekeeper/testing/network/behind-pgbouncer';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { ConnectedPage } from '@pagekeeper/testing/network/tenant';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

let network: Network;

beforeAll(async () => {
  network = await startNetwork({ workerEnv: { CONCURRENCY: '2' } });
}, 60_000);

afterAll(() => network?.stop());
afterEach(async () => {
  await network.simulator.delete('/__sim/faults');
  await network.simulator.patch('/__sim/app', { allowance: { app: 200_000, page: 480_000, messenger: 480_000 } });
  await network.sql('delete from app_pauses');
});

describe('what Facebook allows our app', () => {
  it('is never used up by routine checks: past eighty percent they rest for an hour, and all come to their turn', async () => {
    const acme = await network.tenant('acme');
    const connected: ConnectedPage[] = [];
    for (let index = 0; index < 26; index += 1) connected.push(await acme.connectPage());
    // The hour of the connecting is over. Each check takes one call, of which fifteen are allowed an hour.
    await network.moveClock(21);
    await network.simulator.patch('/__sim/app', { allowance: { app: 15 } });
    const before = await lastSequence();
    const asked = () => calls(`endpoint=debug_token&after=${before}`);
    for (let hours = 21; hours < 24; hours += 0.2) {
      await network.moveClock(hours);
      await network.services.queue.enqueue(sweepLoginsJob, {});
      await network.settle();
      // Twelve are eighty percent, and others may have been under way: two at a time in each worker.
      const most = processesHaveTwins ? 15 : 13;
      if (hours !== 21) continue;
      expect((await asked()).length).toBeGreaterThanOrEqual(12);
      expect((await asked()).length).toBeLessThanOrEqual(most);
    }
    expect((await asked()).filter(({ error }: any) => error !== null)).toEqual([]);
    expect(new Set((await asked()).map(({ page_id }: any) => page_id)).size).toBe(connected.length);
  }, 120_000);

  it('holds up no answer and nobody who asks, while routine checks rest', async () => {
    const acme = await network.tenant('acme');
    const { page, id } = await acme.connectPage();
    await network.simulator.post('/__sim/faults', {
      match: { endpoint: 'debug_token' },
      fault: { type: 'usage', app: { call_count: 85 } },
    });
    expect((await acme.refresh(id)).outcome).toBe('checked');
    await network.sql('update facebook_page_integrations set next_check_at = app.now() where page_id = $1', [
      page.page_id,
    ]);
    const before = await lastSequence();
    await network.services.queue.enqueue(sweepLoginsJob, {});
    await network.settle();
    expect(await calls(`after=${before}`)).toEqual([]);
    expect((await acme.refresh(id)).outcome).toBe('checked');
    await network.simulator.post(`/__sim/pages/${page.page_id}/messages`, { text: 'Hello?' });
    await network.settle();
    expect((await sends(page.page_id)).total).toBe(1);
  });

  it('lets what was restored work at once, while routine checks rest', async () => {
    const acme = await network.tenant('acme');
    const { owner, path } = acme;
    const { id } = await acme.connectPage();
    const businesses = `${path}/businesses/${acme.business.id}`;
    const status = async () => (await owner.expect(200, owner.get(`${path}/integrations/${id}`))).facebook_page.status;
    for (const what of [businesses, path]) {
      await owner.expect(204, owner.delete(what));
      await network.sql(
        `insert into app_pauses (app_id, routine_until, reason)
         values ('257000000000001', app.now() + interval '61 minutes', 'Much is used up.')
         on conflict (app_id) do update set routine_until = excluded.routine_until`,
      );
      const byId = what === path ? `/v1/organizations/${acme.organization.id}` : what;
      await owner.expect(200, owner.post(`${byId}/restore`));
      await network.settle();
      expect(await status(), what).toBe('healthy');
    }
  });
});

describe('a check that somebody asks for', () => {
  it('is made when the app’s pause is over, though routine checks rest for an hour', { timeout: 120_000 }, async () => {
    const acme = await network.tenant('acme');
    const { id, page } = await acme.connectPage();
    await network.settle();
    await network.sql(
      `insert into app_pauses (app_id, until, on_trial, routine_until, reason)
       values ('257000000000001', app.now() + interval '20 seconds', true, app.now() + interval '61 minutes', 'Used up.')`,
    );
    expect((await acme.refresh(id)).outcome).toBe('throttled');
    const before = await lastSequence();
    const asked = async () => (await calls(`person_id=${page.personId}&after=${before}`)).length;
    await expect.poll(asked, { timeout: 90_000, interval: 500 }).toBeGreaterThan(0);
  });
});

describe('what Facebook allows for a page', () => {
  it('is left alone from a hundred percent on, before anything is refused, for the minutes of the header', async () => {
    const acme = await network.tenant('acme');
    const { page, id } = await acme.connectPage();
    await network.moveClock(24);
    await network.simulator.post('/__sim/faults', {
      match: { endpoint: 'messages', page_id: page.page_id },
      fault: { type: 'usage', page: { call_count: 100 } },
      times: 1,
    });
    const write = (text: string) => network.simulator.post(`/__sim/pages/${page.page_id}/messages`, { text });
    await write('Hello?');
    // The echo of our answer waits too.
    await network.untilSql(
      `select 1 from facebook_page_integrations where page_id = '${page.page_id}' and paused_until > app.now()`,
      'the page rests',
    );
    expect(await restMinutes(page.page_id)).toBe(5);
    await write('Are you there?');
    await network.untilSql(
      `select 1 from webhook_events where page_id = '${page.page_id}' and state = 'pending'`,
      'it waits',
    );
    // A check asks about the token, and not with it.
    const before = await lastSequence();
    expect((await acme.refresh(id)).integration.facebook_page.status).toBe('healthy');
    const asked = await calls(`person_id=${page.personId}&after=${before}`);
    expect(asked.map(({ endpoint }: any) => endpoint)).toEqual(['accounts', 'debug_token']);
    expect((await sends(page.page_id)).total).toBe(1);
    await network.moveClock(24.2);
    await network.settle(40_000);
    expect((await sends(page.page_id)).total).toBe(2);
  }, 90_000);

  it('is waited for as long as the header of a refusal says, also where a check meets it', async () => {
    const acme = await network.tenant('acme');
    const { page, id } = await acme.connectPage();
    await network.simulator.post('/__sim/faults', {
      match: { endpoint: 'subscribed_apps', page_id: page.page_id },
      fault: { type: 'throttle', code: 80001, minutes: 40 },
    });
    expect((await acme.refresh(id)).integration.facebook_page.status).toBe('healthy');
    // The refused call has prolonged it by a minute; a quarter more is jitter.
    const minutes = await restMinutes(page.page_id);
    expect(minutes).toBeGreaterThanOrEqual(41);
    expect(minutes).toBeLessThanOrEqual(52);
  });
});

const lastSequence = async (): Promise<number> => (await network.simulator.get('/__sim/ledger?limit=1')).last_sequence;
const calls = async (query: string): Promise<any[]> =>
  (await network.simulator.get(`/__sim/ledger?type=call&limit=10000&${query}`)).data;
const sends = async (pageId: string): Promise<any> =>
  (await network.simulator.get(`/__sim/ledger/counts?page_id=${pageId}`)).sends;

async function restMinutes(pageId: string): Promise<number> {
  const [{ minutes }] = await network.sql(
    `select ceil(extract(epoch from paused_until - app.now()) / 60)::int as minutes
     from facebook_page_integrations where page_id = $1`,
    [pageId],
  );
  return minutes;
}
