import { setTimeout as sleep } from 'node:timers/promises';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { ConnectedPage, Tenant } from '@pagekeeper/testing/network/tenant';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PageTalk } from './page-talk.ts';

let network: Network;
let acme: Tenant;
let talk: PageTalk;

beforeAll(async () => {
  network = await startNetwork();
  acme = await network.tenant('acme');
  talk = new PageTalk(network);
}, 60_000);

afterEach(() => network.simulator.delete('/__sim/faults'));

afterAll(() => network?.stop());

describe('a drain', () => {
  it('goes on with what people write while it answers', async () => {
    const page = await acme.connectPage();
    await slowDown(page, 300);
    await talk.write(page, { text: 'Hello?', from: { name: 'Ana' } });
    await untilSending(page);
    await talk.write(page, { text: 'And me?', from: { name: 'Ben' } });
    await network.settle();
    const [first] = await network.sql(
      `select (changes ->> 'events')::int as events from audit_events
       where action = 'events.drained' and subject_id = (select id from facebook_page_integrations where page_id = $1)
       order by id limit 1`,
      [page.page.page_id],
    );
    expect(first.events).toBeGreaterThan(1);
  });

  it('answers somebody, however long the database takes to come there', async () => {
    const page = await acme.connectPage();
    await network.sql(`
      create function public.take_long() returns trigger language plpgsql as $$
      begin
        perform pg_sleep(1.1);
        return new;
      end $$;
      create trigger slow_lease before update of drain_until on facebook_page_integrations
        for each row when (new.drain_token = old.drain_token) execute function public.take_long()`);
    const asked = await talk.write(page, { text: 'Hello?', from: { name: 'Ana' } });
    await expect
      .poll(async () => (await talk.replyTo(asked.mid))?.state, { timeout: 15_000 })
      .toBe('sent')
      .finally(() => network.sql('drop function public.take_long cascade'));
  });

  it('that began while replies were paused answers what comes once they are wanted again', async () => {
    const page = await acme.connectPage();
    const { page_id } = page.page;
    await network.simulator.post('/__sim/faults', {
      match: { page_id, endpoint: 'comments', method: 'POST' },
      fault: { type: 'lost_response' },
      times: 1,
    });
    const asked = await talk.comment(page, { text: 'Hello?' });
    await expect.poll(async () => (await talk.replyTo(asked.comment_id))?.state, { timeout: 5_000 }).toBe('unknown');
    await network.simulator.calm();
    await acme.owner.expect(200, acme.owner.patch(acme.path, { replies_paused: true }));
    // It is looked for by a drain that knows of the pause, and takes its time.
    await network.simulator.post('/__sim/faults', {
      match: { page_id, endpoint: 'comments', method: 'GET' },
      fault: { type: 'latency', ms: 700 },
    });
    await network.untilSql(
      `select 1 from facebook_page_integrations where page_id = '${page_id}' and drain_until > now()`,
      'it is looked for',
    );
    await acme.owner.expect(200, acme.owner.patch(acme.path, { replies_paused: false }));
    const late = await talk.comment(page, { text: 'And now?' });
    await network.settle(30_000);
    expect(await talk.replyTo(late.comment_id)).toMatchObject({ state: 'sent' });
  }, 60_000);

  it('tries once what Facebook refuses for now, and goes on with the others', async () => {
    const page = await acme.connectPage();
    await talk.refuse(page, { code: 2, is_transient: true });
    const [ana, ben] = [
      await talk.write(page, { text: 'Hello?', from: { name: 'Ana' } }),
      await talk.write(page, { text: 'Hello?', from: { name: 'Ben' } }),
    ];
    await network.settle(60_000);
    const attempts = [await talk.replyTo(ana.mid), await talk.replyTo(ben.mid)].map(reply => reply.attempts);
    expect(attempts.sort()).toEqual([1, 2]);
  }, 90_000);

  it('has eight answers to comments under way at once, and four to messages', async () => {
    const page = await acme.connectPage();
    const { page_id } = page.page;
    await slowDown(page, 500);
    await talk.pause(page);
    await network.simulator.post(`/__sim/pages/${page_id}/comments/bulk`, { count: 20, batch_size: 20 });
    await network.simulator.post(`/__sim/pages/${page_id}/messages/bulk`, { count: 10, batch_size: 10 });
    await network.simulator.calm();
    await talk.goOn(page);
    const most = new Map<string, number>();
    for (let isDone = false; !isDone; await sleep(50)) {
      const rows = await network.sql(
        `select kind, count(*) filter (where state = 'sending')::int as under_way from replies where page_id = $1
         group by kind`,
        [page_id],
      );
      for (const { kind, under_way } of rows) most.set(kind, Math.max(under_way, most.get(kind) ?? 0));
      const left = await network.sql(`select 1 from webhook_events where page_id = $1 and state = 'pending'`, [
        page_id,
      ]);
      isDone = left.length === 0;
    }
    expect(Object.fromEntries(most)).toEqual({ public_comment: 8, message: 4 });
  }, 60_000);
});

const slowDown = ({ page: { page_id } }: ConnectedPage, ms: number): Promise<unknown> =>
  network.simulator.post('/__sim/faults', { match: { page_id, method: 'POST' }, fault: { type: 'latency', ms } });

const untilSending = ({ page: { page_id } }: ConnectedPage): Promise<unknown> =>
  network.untilSql(`select 1 from replies where page_id = '${page_id}' and state = 'sending'`, 'it is answered');
