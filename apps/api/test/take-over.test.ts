import { drainEventsJob, sweepMovesJob, sweepNotificationsJob } from '@pagekeeper/domain/jobs';
import { connectThrough, personWithPages, pick } from '@pagekeeper/testing/network/dialog';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { Tenant } from '@pagekeeper/testing/network/tenant';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { holdAnswersToTheContract } from './contract.ts';
import { addressOf } from './people.ts';

holdAnswersToTheContract();

let network: Network;
let acme: Tenant;
let rival: Tenant;

beforeAll(async () => {
  network = await startNetwork({ mail: true });
}, 60_000);

afterAll(() => network?.stop());

beforeEach(async () => {
  [acme, rival] = await Promise.all([network.tenant('acme'), network.tenant('rival')]);
});

const read = async ({ owner, path }: Tenant, integration: string) =>
  await owner.expect(200, owner.get(`${path}/integrations/${integration}`));

const auditOf = async (tenant: Tenant) =>
  (
    await network.sql<{ action: string }>(
      'select action from audit_events where organization_id = $1 order by created_at, id',
      [tenant.uuid],
    )
  ).map(({ action }) => action);

/** The mail after the first, which asks to confirm the address. */
const newsTo = async ({ owner }: Tenant) => (await network.mailsTo(addressOf(owner), 2))[1]!;

/** A second person with tasks on a page that somebody else has connected. */
async function colleague(pageId: string, tasks: readonly string[]): Promise<string> {
  const pages = [{ id: pageId, name: 'Blue Cup', tasks }];
  return (await network.simulator.post('/__sim/people', { name: 'Carl Colleague', pages })).id;
}

const everyTask = ['ADVERTISE', 'ANALYZE', 'CREATE_CONTENT', 'MESSAGING', 'MODERATE', 'MANAGE'];

/** acme has a page; somebody of the rival's has these tasks on it and has gone through the dialog. */
async function contested(tasks = everyTask) {
  const held = await acme.connectPage({ config: { auto_reply: true } });
  const personId = await colleague(held.page.page_id, tasks);
  const { id: connection } = await connectThrough(rival, { personId });
  return { held, connection, pageId: held.page.page_id };
}

describe('a page that another organization holds', () => {
  it('is refused without a word about whom, and nothing of it is left behind', async () => {
    const { held, connection, pageId } = await contested();
    const [refused] = await pick(rival, connection, [pageId]);
    expect(refused).toMatchObject({ outcome: 'refused', integration: null, reason: { code: 'page_unavailable' } });
    expect(JSON.stringify(refused)).not.toMatch(/acme|org_|int_/);
    expect((await rival.owner.expect(200, rival.owner.get(`${rival.path}/integrations?active=any`))).data).toEqual([]);
    expect((await acme.refresh(held.id)).integration.facebook_page.status).toBe('healthy');
    expect(await auditOf(rival)).not.toContain('integration.connected');
  });

  it('is not taken over by somebody who does not manage it', async () => {
    const { held, connection, pageId } = await contested(['MESSAGING', 'MODERATE']);
    const [refused] = await pick(rival, connection, [pageId], { take_over: true });
    expect(refused).toMatchObject({ outcome: 'refused', reason: { code: 'manage_needed' } });
    expect((await acme.refresh(held.id)).integration.facebook_page.status).toBe('healthy');
  });

  it('is not silenced by a check of the old side that takes our app off while the page moves', async () => {
    const { held, connection, pageId } = await contested();
    await network.simulator.post('/__sim/faults', {
      match: { endpoint: 'subscribed_apps', page_id: pageId, method: 'DELETE' },
      fault: { type: 'latency', ms: 5_000 },
      times: 1,
    });
    await acme.owner.expect(
      200,
      acme.owner.patch(`${acme.path}/integrations/${held.id}`, { config: { webhook_enabled: false } }),
    );
    const calls = async () =>
      (await network.simulator.get('/__sim/faults')).data.find(({ match }: any) => match.page_id === pageId).hits;
    await expect.poll(calls, { timeout: 20_000 }).toBe(1);
    const [moved] = await pick(rival, connection, [pageId], { take_over: true });
    expect(moved).toMatchObject({ outcome: 'connected', taken_over: true });
    await network.settle(60_000);
    const { subscribed_fields } = await network.simulator.get(`/__sim/pages/${pageId}`);
    expect(subscribed_fields).toContain('messages');
  }, 90_000);

  it('moves to who manages it, and both sides see it in their own log and are told, neither of the other', async () => {
    const { held, connection, pageId } = await contested();
    const before = (
      await network.sql('select generation from facebook_page_integrations where page_id = $1', [pageId])
    )[0];
    const [moved] = await pick(rival, connection, [pageId], { take_over: true });
    expect(moved).toMatchObject({ outcome: 'connected', taken_over: true, reason: null });
    expect(moved.integration.facebook_page.status).toBe('healthy');
    const lost = await read(acme, held.id);
    expect(lost.facebook_page).toMatchObject({
      status: 'disconnected',
      status_reason: { code: 'moved', fix: expect.stringContaining('takes it over') },
      next_check_at: null,
    });
    await network.settle();
    await network.services.queue.enqueue(sweepNotificationsJob, {});
    const told = await newsTo(acme);
    const taken = await newsTo(rival);
    expect(told.subject).toMatch(/was connected elsewhere/);
    expect(taken.subject).toMatch(/was taken over/);
    expect(`${told.text} ${JSON.stringify(lost)}`).not.toContain(rival.organization.slug);
    expect(`${taken.text} ${JSON.stringify(moved)}`).not.toContain(acme.organization.slug);
    expect(await auditOf(acme)).toContain('integration.page_moved_away');
    expect(await auditOf(rival)).toContain('integration.connected');
    const logs = await network.sql(
      `select organization_id, changes from audit_events where action in ('integration.page_moved_away', 'integration.connected')
       and organization_id in ($1, $2)`,
      [acme.uuid, rival.uuid],
    );
    const ofAcme = logs.filter(({ organization_id }) => organization_id === acme.uuid);
    expect(JSON.stringify(ofAcme.map(({ changes }) => changes))).not.toContain(rival.uuid);
    // What the old side had under way finds another generation.
    const [after] = await network.sql(
      'select generation from facebook_page_integrations where page_id = $1 and organization_id = $2',
      [pageId, acme.uuid],
    );
    expect(after.generation).toBe(before.generation + 1);
  });

  it('brings its events to the new side from then on, and the old side answers none', async () => {
    const { held, connection, pageId } = await contested();
    await pick(rival, connection, [pageId], { take_over: true });
    await network.simulator.post(`/__sim/pages/${pageId}/comments`, { from: { name: 'Ana' }, text: 'Hello?' });
    await network.settle();
    await network.services.queue.enqueue(drainEventsJob, {
      organization_id: acme.uuid,
      integration_id: (await network.sql('select id from integrations where organization_id = $1', [acme.uuid]))[0].id,
    });
    await network.settle();
    const owners = await network.sql(
      'select distinct organization_id from webhook_events where organization_id in ($1, $2)',
      [acme.uuid, rival.uuid],
    );
    expect(owners.map(({ organization_id }) => organization_id)).toEqual([rival.uuid]);
    const { comments } = await network.simulator.get(`/__sim/pages/${pageId}/conversation`);
    expect(comments.at(-1).replies).toEqual([]);
    // A check of the old side leaves it as it is.
    expect((await read(acme, held.id)).facebook_page.status).toBe('disconnected');
  });

  it('goes back the same way, to the same integration with its config', async () => {
    const { held, connection, pageId } = await contested();
    const [moved] = await pick(rival, connection, [pageId], { take_over: true });
    const { id } = await connectThrough(acme, { personId: held.page.personId }, { reconnect: held.id });
    expect((await pick(acme, id, [pageId]))[0].reason.code).toBe('page_unavailable');
    const [back] = await pick(acme, id, [pageId], { take_over: true });
    expect(back).toMatchObject({ outcome: 'reconnected', taken_over: true });
    expect(back.integration).toMatchObject({ id: held.id, config: { auto_reply: true } });
    expect(back.integration.facebook_page.status).toBe('healthy');
    expect((await read(rival, moved.integration.id)).facebook_page.status).toBe('disconnected');
  });

  it('is checked no more on the old side, whatever is changed there', async () => {
    const { held, connection, pageId } = await contested();
    await pick(rival, connection, [pageId], { take_over: true });
    const { owner, path } = acme;
    const switched = { config: { webhook_enabled: false } };
    await owner.expect(200, owner.patch(`${path}/integrations/${held.id}`, switched));
    await network.settle();
    expect((await read(acme, held.id)).facebook_page).toMatchObject({ status: 'disconnected', next_check_at: null });
  });

  it('comes back by a refresh once the other side has let it go', async () => {
    const { held, connection, pageId } = await contested();
    const [moved] = await pick(rival, connection, [pageId], { take_over: true });
    expect((await acme.refresh(held.id)).integration.facebook_page.status_reason.code).toBe('page_unavailable');
    await rival.owner.expect(204, rival.owner.delete(`${rival.path}/integrations/${moved.integration.id}`));
    expect((await acme.refresh(held.id)).integration.facebook_page.status).toBe('healthy');
  });

  it('is unverified from a refresh on, until it is known what it is: with no word of what was said before', async () => {
    const { held, connection, pageId } = await contested();
    await pick(rival, connection, [pageId], { take_over: true });
    const { status_since: lostSince } = (await read(acme, held.id)).facebook_page;
    const slow = { match: { endpoint: 'debug_token' }, fault: { type: 'latency', ms: 3_000 }, times: 1 };
    await network.simulator.post('/__sim/faults', slow);
    const path = `${acme.path}/integrations/${held.id}`;
    const { integration } = await acme.owner.expect(202, acme.owner.post(`${path}/refresh`));
    expect(integration.facebook_page).toMatchObject({ status: 'unverified', status_reason: null });
    expect(integration.facebook_page.status_since > lostSince).toBe(true);
    const { data } = await acme.owner.expect(200, acme.owner.get(`${path}/status-changes`));
    const { status_since: since } = integration.facebook_page;
    expect(data[0]).toMatchObject({ from: 'disconnected', to: 'unverified', since, reason: null });
    await network.settle();
  });

  it('has one holder, whoever takes it over at the same moment', async () => {
    const { connection, pageId } = await contested();
    const third = await network.tenant('third');
    const personId = await colleague(pageId, everyTask);
    const { id } = await connectThrough(third, { personId });
    const ends = await Promise.all([
      pick(rival, connection, [pageId], { take_over: true }),
      pick(third, id, [pageId], { take_over: true }),
    ]);
    await network.settle();
    for (const [end] of ends) expect(end.outcome).toBe('connected');
    expect(await network.sql('select from page_claims where page_id = $1', [pageId])).toHaveLength(1);
    const healthy = await network.sql(
      `select from facebook_page_integrations where page_id = $1 and status in ('healthy', 'unverified')`,
      [pageId],
    );
    expect(healthy).toHaveLength(1);
  });

  it('is told of by the sweep where the nudge was lost', async () => {
    const { held, connection, pageId } = await contested();
    await network.worker!.stop();
    await pick(rival, connection, [pageId], { take_over: true });
    await network.services.queue.enqueue(sweepMovesJob, {});
    await network.startWorker();
    await network.settle();
    expect(await auditOf(acme)).toContain('integration.page_moved_away');
    const [row] = await network.sql(
      'select moved_at from facebook_page_integrations where page_id = $1 and organization_id = $2',
      [pageId, acme.uuid],
    );
    expect([row.moved_at, (await read(acme, held.id)).facebook_page.status]).toEqual([null, 'disconnected']);
  });
});

describe('a page that was taken over', () => {
  it('is what is told of, also where another stands in its place by then', async () => {
    const { held, connection, pageId } = await contested();
    const [next] = await network.simulator.createPages(1, 'Next');
    await network.worker!.stop();
    await pick(rival, connection, [pageId], { take_over: true });
    await acme.owner.expect(
      200,
      acme.owner.put(`${acme.path}/integrations/${held.id}/facebook-page`, {
        page_id: next!.page_id,
        access_token: next!.userToken,
        page_access_token: next!.page_access_token,
      }),
    );
    await network.startWorker();
    await network.settle();
    const told = await network.sql(
      `select changes from audit_events where organization_id = $1 and action = 'integration.page_moved_away'`,
      [acme.uuid],
    );
    expect(told).toEqual([{ changes: { page_id: pageId } }]);
    expect((await read(acme, held.id)).facebook_page).toMatchObject({ page_id: next!.page_id, status: 'healthy' });
  }, 60_000);
});

describe('the collateral guard', () => {
  it('tells an organization at once that a narrower login elsewhere took its page away, and not whose', async () => {
    const { id: personId, pageIds } = await personWithPages(network, [{ name: 'Blue Cup' }, { name: 'Red Cup' }]);
    const first = await connectThrough(acme, { personId });
    const [{ integration }] = await pick(acme, first.id, [pageIds[0]!]);
    await connectThrough(rival, { personId, scopes: [...scopes], pageIds: [pageIds[1]!] }, { ask_again: 'pages' });
    await network.settle();
    const hurt = await read(acme, integration.id);
    expect(hurt.facebook_page).toMatchObject({ status: 'needs_reauth', status_reason: { code: 'app_removed' } });
    await network.services.queue.enqueue(sweepNotificationsJob, {});
    const mail = await newsTo(acme);
    expect(mail.subject).toMatch(/stopped working/);
    expect(`${mail.text}${JSON.stringify(hurt)}`).not.toContain(rival.organization.slug);
  });

  it('works for logins that came as tokens too, as soon as their person is known', async () => {
    const held = await acme.connectPage();
    const [other] = await network.simulator.createPages(1, 'Other');
    const { personId } = held.page;
    await network.simulator.post('/__sim/people', {
      id: personId,
      name: 'Paula Page',
      pages: [{ id: other!.page_id, name: 'Other 1' }],
    });
    const { user_token, pages } = await network.simulator.post(`/__sim/people/${personId}/tokens`, {
      page_ids: [other!.page_id],
    });
    await rival.connectPage({ page: { ...pages[0], personId, userToken: user_token } });
    await network.settle();
    expect((await read(acme, held.id)).facebook_page.status).toBe('needs_reauth');
  });

  it('leaves those alone who lost nothing', async () => {
    const { id: personId, pageIds } = await personWithPages(network, [{ name: 'Blue Cup' }, { name: 'Red Cup' }]);
    const first = await connectThrough(acme, { personId });
    const [{ integration }] = await pick(acme, first.id, [pageIds[0]!]);
    const second = await connectThrough(rival, { personId });
    expect((await pick(rival, second.id, [pageIds[1]!]))[0].integration.facebook_page.status).toBe('healthy');
    await network.settle();
    expect((await read(acme, integration.id)).facebook_page.status).toBe('healthy');
  });

  const scopes = [
    'pages_show_list',
    'pages_manage_metadata',
    'pages_messaging',
    'pages_read_engagement',
    'pages_read_user_content',
    'pages_manage_engagement',
    'business_management',
  ];
});
