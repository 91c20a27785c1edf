import { unsubscribePageJob } from '@pagekeeper/domain/jobs';
import { sweepEvents } from '@pagekeeper/domain/webhooks/sweep-events';
import {
  begin,
  connectionThrough,
  connectThrough,
  decide,
  personWithPages,
  pick,
} from '@pagekeeper/testing/network/dialog';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { ConnectedPage, Tenant } from '@pagekeeper/testing/network/tenant';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let network: Network;
let acme: Tenant;
let rival: Tenant;
let pages: ConnectedPage[];

beforeAll(async () => {
  network = await startNetwork();
  [acme, rival] = [await network.tenant('acme'), await network.tenant('rival')];
  pages = [await acme.connectPage(), await acme.connectPage(), await rival.connectPage()];
  // Their first checks are done: one that is still under way would fail along with those that are counted.
  await network.settle();
}, 60_000);

afterAll(() => network?.stop());

describe('when Facebook cannot be reached', () => {
  it('four failures are nobody’s concern but theirs, and a call that comes through ends their row', async () => {
    await breakFacebook();
    await failInARow(4);
    await mendFacebook();
    expect((await acme.refresh(pages[0]!.id)).outcome).toBe('checked');
    await breakFacebook();
    expect((await acme.refresh(pages[1]!.id)).outcome).toBe(failed);
    expect(await restOfApp()).toBeNull();
    await mendFacebook();
    expect((await acme.refresh(pages[1]!.id)).outcome).toBe('checked');
  });

  it('five in a row let all tenants’ calls rest: first for seconds, twice as long whenever the one on trial fails too', async () => {
    await breakFacebook();
    await failInARow(5);
    const rests = [await restOfApp()];
    const before = await callsSoFar();
    expect((await rival.refresh(pages[2]!.id)).outcome).toBe('throttled');
    expect(await callsSoFar()).toBe(before);
    for (let trial = 0; trial < 6; trial += 1) {
      await endRest();
      expect((await rival.refresh(pages[2]!.id)).outcome).toBe(failed);
      expect((await acme.refresh(pages[0]!.id)).outcome).toBe('throttled');
      rests.push(await restOfApp());
    }
    expect(rests).toEqual([20, 40, 80, 160, 300, 300, 300]);
    await mendFacebook();
    expect((await acme.refresh(pages[0]!.id)).outcome).toBe('throttled');
    await endRest();
    expect((await acme.refresh(pages[0]!.id)).outcome).toBe('checked');
    expect((await rival.refresh(pages[2]!.id)).outcome).toBe('checked');
    expect(await restOfApp()).toBeNull();
  }, 60_000);

  it('no answer goes on trial: a check does, and then the answer is sent', async () => {
    const { page } = pages[0]!;
    await breakFacebook();
    await failInARow(5);
    await network.simulator.post(`/__sim/pages/${page.page_id}/messages`, { text: 'Are you open?' });
    await endRest();
    const waits = `select 1 from app_pauses where failures = 6 and until > app.now() + interval '30 seconds'`;
    await network.untilSql(waits, 'the trial of a check');
    expect(await messagesOf(page.page_id)).toEqual([]);
    await mendFacebook();
    await endRest();
    await network.untilSql(`select 1 from replies where page_id = '${page.page_id}' and state = 'sent'`, 'the answer');
    expect(await messagesOf(page.page_id)).toHaveLength(1);
  }, 60_000);

  it('what was under way when a rest began does not prolong it', async () => {
    await breakFacebook();
    // It fails as the others do, but later than all of them.
    const { personId: person_id } = pages[2]!.page;
    await network.simulator.post('/__sim/faults', { match: { person_id }, fault: { type: 'latency', ms: 4_000 } });
    const underWay = rival.refresh(pages[2]!.id);
    await network.untilSql('select 1 from facebook_logins where lease_until > clock_timestamp()', 'the slow check');
    await failInARow(5);
    const [rest] = await network.sql('select until from app_pauses');
    expect((await underWay).outcome).toBe(failed);
    expect(await network.sql('select until from app_pauses')).toEqual([rest]);
  }, 60_000);
});

describe('after a throttle of our app', () => {
  it('people who connect at once call one at a time, and none of them calls while it lasts', async () => {
    await mendFacebook();
    await network.sql('delete from app_pauses');
    const { id: personId } = await personWithPages(network);
    await network.simulator.post('/__sim/faults', {
      match: { person_id: personId },
      fault: { type: 'throttle', code: 4, minutes: 30 },
    });
    expect((await connectThrough(acme, { personId })).shown.reason.code).toBe('facebook_unreachable');
    const before = await callsSoFar();
    await connectThrough(acme, { personId });
    expect(await callsSoFar()).toBe(before);
    await endRest();
    const outcomes = await Promise.all([acme, rival, acme, rival].map(tenant => connectThrough(tenant, { personId })));
    expect(outcomes.map(({ shown }) => shown.state)).toEqual(['failed', 'failed', 'failed', 'failed']);
    // Of the four one is on trial: its code is exchanged, and then it is refused.
    expect(await callsSoFar()).toBe(before + 2);
    await mendFacebook();
    await endRest();
    expect((await connectThrough(rival, { personId })).shown.state).toBe('ready');
    expect((await acme.refresh(pages[0]!.id)).outcome).toBe('checked');
  }, 60_000);

  it('the sweep of events asks nobody while it lasts, and one page when it is over', async () => {
    await restOnTrial('10 minutes');
    for (const { page } of pages)
      await network.simulator.post(`/__sim/pages/${page.page_id}/messages`, { text: 'Open?' });
    await network.simulator.calm();
    const asked: unknown[] = [];
    const { database, queue } = network.services;
    const enqueueMany: typeof queue.enqueueMany = async (job, payloads) => {
      asked.push(...payloads);
      await queue.enqueueMany(job, payloads);
    };
    const sweep = () => sweepEvents({ database, queue: { ...queue, enqueueMany } }, '257000000000001');
    expect(await sweep()).toBe(0);
    expect(asked).toEqual([]);
    await restOnTrial('0 seconds');
    expect(await sweep()).toBe(3);
    expect(asked).toHaveLength(1);
    await network.settle(60_000);
    for (const { page } of pages) expect((await messagesOf(page.page_id)).length).toBeGreaterThan(0);
  }, 90_000);

  it('a code that Facebook refuses keeps nobody waiting', async () => {
    const { id: personId } = await personWithPages(network);
    const [first, second] = [await begin(acme), await begin(acme)];
    const back = await decide(first.authorize_url, { personId });
    const spent = back.replace(/state=[^&]+/, `state=${new URL(second.authorize_url).searchParams.get('state')}`);
    await acme.owner.get(back);
    await restOnTrial('0 seconds');
    await acme.owner.get(spent);
    const { reason } = await acme.owner.expect(200, acme.owner.get(`${acme.path}/facebook/connections/${second.id}`));
    expect(reason.code).toBe('code_used');
    expect((await rival.refresh(pages[2]!.id)).outcome).toBe('checked');
  }, 60_000);

  it('who picks pages waits for the one on trial, and frees the others when it comes through', async () => {
    const { id, pageIds } = await connectionThrough(network, acme);
    await restOnTrial('1 minute');
    const path = `${acme.path}/facebook/connections/${id}/pages`;
    const refused = await acme.owner.expect(503, acme.owner.post(path, { page_ids: pageIds }));
    expect(refused.code).toBe('unavailable');
    await endRest();
    expect((await pick(acme, id, pageIds))[0]).toMatchObject({ outcome: 'connected' });
    expect(await network.sql('select on_trial, until from app_pauses')).toEqual([{ on_trial: false, until: null }]);
  }, 60_000);

  it('a page that is let go without a call proves nothing, and lets another go first', async () => {
    const { id, page } = await acme.connectPage();
    // The sweep of this minute shall find nothing that goes on trial first.
    await network.settle();
    await network.sql(`update facebook_page_integrations set next_check_at = app.now() + interval '1 day'`);
    await restOnTrial('1 minute');
    await acme.owner.expect(204, acme.owner.delete(`${acme.path}/integrations/${id}`));
    const [left] = await network.sql('select organization_id, id from page_unsubscriptions where page_id = $1', [
      page.page_id,
    ]);
    // Its token does not open: there is nothing to call with.
    await network.sql(
      `update facebook_page_integrations p set page_access_token = other.page_access_token
       from facebook_page_integrations other where p.page_id = $1 and other.page_id = $2`,
      [page.page_id, pages[0]!.page.page_id],
    );
    const before = await callsSoFar();
    await endRest();
    await network.sql('update page_unsubscriptions set due_at = app.now() where id = $1', [left.id]);
    const job = { organization_id: left.organization_id, unsubscription_id: left.id };
    await network.services.queue.enqueue(unsubscribePageJob, job);
    const isGone = `select 1 where not exists (select from page_unsubscriptions where id = '${left.id}')`;
    await network.untilSql(isGone, 'the page is let go');
    expect(await callsSoFar()).toBe(before);
    expect(await network.sql('select on_trial from app_pauses')).toEqual([{ on_trial: true }]);
    expect((await acme.refresh(pages[0]!.id)).outcome).toBe('checked');
  }, 60_000);
});

describe('a login whose token does not open', () => {
  it('proves nothing when it is on trial, and lets another go first', async () => {
    await mendFacebook();
    const { id, page } = await acme.connectPage();
    await network.settle();
    await network.sql(`update facebook_page_integrations set next_check_at = app.now() + interval '1 day'`);
    await network.sql(
      `update facebook_logins l set access_token = other.access_token
       from facebook_logins other, facebook_page_integrations p, facebook_page_integrations theirs
       where l.id = p.login_id and p.page_id = $1 and other.id = theirs.login_id and theirs.page_id = $2`,
      [page.page_id, pages[0]!.page.page_id],
    );
    await restOnTrial('1 minute');
    await endRest();
    const before = await callsSoFar();
    expect((await acme.refresh(id)).outcome).toBe('checked');
    expect(await callsSoFar()).toBe(before);
    expect(await network.sql('select on_trial from app_pauses')).toEqual([{ on_trial: true }]);
    expect((await acme.refresh(pages[0]!.id)).outcome).toBe('checked');
  }, 60_000);
});

describe('a login that another process checks', () => {
  it('lets another go first when it is on trial', async () => {
    await restOnTrial('1 minute');
    await endRest();
    const lease = (until: string) =>
      network.sql(
        `update facebook_logins set lease_token = gen_random_uuid(), lease_until = ${until}
         where id = (select login_id from facebook_page_integrations where page_id = $1)`,
        [pages[1]!.page.page_id],
      );
    await lease(`clock_timestamp() + interval '1 minute'`);
    expect((await acme.refresh(pages[1]!.id)).outcome).toBe('busy');
    expect(await network.sql('select on_trial from app_pauses')).toEqual([{ on_trial: true }]);
    expect((await acme.refresh(pages[0]!.id)).outcome).toBe('checked');
    await lease('null');
  });
});

describe('a login that fails while others do not', () => {
  it('keeps nobody else waiting, however often it fails', async () => {
    await mendFacebook();
    await network.sql('delete from app_pauses');
    const { personId: person_id } = pages[0]!.page;
    const faults = [{ type: 'html' }, { type: 'error', code: 368, message: '(#368) The action was blocked.' }];
    for (const fault of faults) {
      await network.simulator.post('/__sim/faults', { match: { person_id, endpoint: 'accounts' }, fault });
      for (let failure = 0; failure < 7; failure += 1) expect((await acme.refresh(pages[0]!.id)).outcome).toBe(failed);
      expect(await restOfApp()).toBeNull();
      await network.simulator.delete('/__sim/faults');
    }
    expect((await rival.refresh(pages[2]!.id)).outcome).toBe('checked');
    expect((await acme.refresh(pages[0]!.id)).outcome).toBe('checked');
  }, 60_000);
});

const failed = 'unreachable';

/** Its own refusals would be told apart from a network that fails; so every call is cut. */
const breakFacebook = () => network.simulator.post('/__sim/faults', { match: {}, fault: { type: 'reset' } });
const mendFacebook = () => network.simulator.delete('/__sim/faults');

/** Of two logins by turns: one alone says nothing of the others. */
async function failInARow(times: number): Promise<void> {
  for (let failure = 0; failure < times; failure += 1) {
    expect((await acme.refresh(pages[failure % 2]!.id)).outcome).toBe(failed);
  }
}

/** How long the rest is that began a moment ago, in seconds; null without one. */
async function restOfApp(): Promise<number | null> {
  const [row] = await network.sql(
    'select extract(epoch from until - failed_at)::float as seconds from app_pauses where until > app.now()',
  );
  return row ? Math.round(row.seconds) : null;
}

/** All calls rest for so long, and then one goes first. */
const restOnTrial = (interval: string) =>
  network.sql(
    `insert into app_pauses (app_id, until, on_trial, reason)
     values ('257000000000001', app.now() + $1::interval, true, 'Throttled.')
     on conflict (app_id) do update set until = excluded.until, on_trial = true`,
    [interval],
  );

/** The next one who calls is on trial. No check of every day shall be that. */
const endRest = async () => {
  await network.sql(`update facebook_page_integrations set next_check_at = app.now() + interval '1 day'`);
  await network.sql('update app_pauses set until = app.now()');
};

const callsSoFar = async (): Promise<number> => (await network.simulator.get('/__sim/ledger?limit=1')).last_sequence;
const messagesOf = async (pageId: string): Promise<unknown[]> =>
  (await network.simulator.get(`/__sim/ledger?page_id=${pageId}&endpoint=messages&limit=1000`)).data;
