import { drainEventsJob, refreshLoginJob, sweepUnsubscriptionsJob } from '@pagekeeper/domain/jobs';
import { itWithoutTwins } from '@pagekeeper/testing/network/behind-pgbouncer';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { SimulatedPage } from '@pagekeeper/testing/network/simulator-control';
import type { ConnectedPage, Tenant } from '@pagekeeper/testing/network/tenant';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

let network: Network;
let acme: Tenant;

beforeAll(async () => {
  network = await startNetwork();
}, 60_000);

afterAll(() => network?.stop());

beforeEach(async () => {
  acme = await network.tenant('acme');
});

afterEach(async () => {
  await network.moveClock(0);
  await network.simulator.delete('/__sim/faults');
});

const patience = { timeout: 25_000 };

/** Waits until our app is, or is not, on the page. */
const expectSubscribed = (pageId: string, subscribed: boolean) =>
  expect.poll(() => network.simulator.isSubscribed(pageId), patience).toBe(subscribed);

const waitingOf = async (pageId: string) =>
  await network.sql('select attempts, due_at from page_unsubscriptions where page_id = $1', [pageId]);

const claimsOf = async (tenant: Tenant): Promise<string[]> => {
  const rows = await network.sql('select page_id from page_claims where organization_id = $1', [tenant.uuid]);
  return rows.map(({ page_id }) => page_id).sort();
};

const pageOf = async (tenant: Tenant, id: string) => {
  const { owner, path } = tenant;
  return (await owner.expect(200, owner.get(`${path}/integrations/${id}?active=any`))).facebook_page;
};

const expectStatus = (tenant: Tenant, id: string, status: string) =>
  expect.poll(async () => (await pageOf(tenant, id)).status, patience).toBe(status);

/** An integration of another business of acme's. */
async function connectIn(business: { id: string }, page: SimulatedPage): Promise<ConnectedPage> {
  const { owner, path } = acme;
  const integration = await owner.expect(
    201,
    owner.post(`${path}/businesses/${business.id}/integrations`, {
      integration_type: 'FACEBOOK_PAGE',
      name: page.page_name,
      facebook_page: {
        page_id: page.page_id,
        access_token: page.userToken,
        page_access_token: page.page_access_token,
      },
    }),
  );
  return { id: integration.id, page, integration: (await acme.refresh(integration.id)).integration };
}

describe('deactivating', () => {
  it('an integration frees its page and takes our app off it; restoring claims and subscribes again', async () => {
    const { id, page } = await acme.connectPage();
    await expectSubscribed(page.page_id, true);
    await acme.owner.expect(204, acme.owner.delete(`${acme.path}/integrations/${id}`));
    expect(await claimsOf(acme)).toEqual([]);
    await expectSubscribed(page.page_id, false);
    await expect.poll(() => waitingOf(page.page_id), patience).toEqual([]);
    await acme.owner.expect(200, acme.owner.post(`${acme.path}/integrations/${id}/restore`));
    await expectStatus(acme, id, 'healthy');
    await expectSubscribed(page.page_id, true);
  });

  it('a business does so for all that is active in it, and restoring brings back just that', async () => {
    const { owner, path, business } = acme;
    const [kept, before] = [await acme.connectPage(), await acme.connectPage()];
    const other = await owner.expect(201, owner.post(`${path}/businesses`, { name: 'Other' }));
    const [otherPage] = await network.simulator.createPages(1);
    const elsewhere = await connectIn(other, otherPage!);
    await owner.expect(204, owner.delete(`${path}/integrations/${before.id}`));
    await owner.expect(204, owner.delete(`${path}/businesses/${business.id}`));
    expect(await claimsOf(acme)).toEqual([elsewhere.page.page_id]);
    await expectSubscribed(kept.page.page_id, false);
    await expectSubscribed(elsewhere.page.page_id, true);
    await owner.expect(200, owner.post(`${path}/businesses/${business.id}/restore`));
    await expectStatus(acme, kept.id, 'healthy');
    await expectSubscribed(kept.page.page_id, true);
    const { data } = await owner.expect(200, owner.get(`${path}/integrations?active=false`));
    expect(data).toMatchObject([{ id: before.id, facebook_page: { status: 'disconnected' } }]);
    expect(await network.simulator.isSubscribed(before.page.page_id)).toBe(false);
  });

  it('an organization does so for all of it; what still comes is dropped, and restoring brings it back', async () => {
    const { owner, path } = acme;
    const [kept, before] = [await acme.connectPage(), await acme.connectPage()];
    await owner.expect(204, owner.delete(`${path}/integrations/${before.id}`));
    await owner.expect(204, owner.delete(path));
    expect(await claimsOf(acme)).toEqual([]);
    await expectSubscribed(kept.page.page_id, false);
    const message = {
      sender: { id: '4001' },
      recipient: { id: kept.page.page_id },
      timestamp: Date.now(),
      message: { mid: 'm_late', text: 'Anybody?' },
    };
    const { statuses } = await network.simulator.post('/__sim/deliveries', {
      entries: [{ id: kept.page.page_id, time: Date.now(), messaging: [message] }],
    });
    expect(statuses).toEqual({ 200: 1 });
    expect(await network.sql('select id from webhook_events where organization_id = $1', [acme.uuid])).toEqual([]);
    await owner.expect(200, owner.post(`${path}/restore`));
    await expectStatus(acme, kept.id, 'healthy');
    await expectSubscribed(kept.page.page_id, true);
    expect(await pageOf(acme, before.id)).toMatchObject({ status: 'disconnected' });
  });

  it.each([
    ['an organization', ({ path }: Tenant) => path],
    ['a business', ({ path, business }: Tenant) => `${path}/businesses/${business.id}`],
    ['an integration', ({ path }: Tenant, id: string) => `${path}/integrations/${id}`],
  ])('%s leaves work that is queued nothing to do: it ends as gone', async (_, pathOf) => {
    const { id } = await acme.connectPage();
    const [row] = await network.sql('select id, login_id from facebook_page_integrations where organization_id = $1', [
      acme.uuid,
    ]);
    await acme.owner.expect(204, acme.owner.delete(pathOf(acme, id)));
    await network.settle();
    const seen = network.output.length;
    const { queue } = network.services;
    await queue.enqueue(refreshLoginJob, { organization_id: acme.uuid, login_id: row.login_id });
    await queue.enqueue(drainEventsJob, { organization_id: acme.uuid, integration_id: row.id });
    const gone = () => network.output.slice(seen).filter(line => line.includes('"outcome":"gone"')).length;
    await expect.poll(gone, patience).toBe(2);
    await acme.owner.expect(404, acme.owner.get(`${acme.path}/integrations/${id}`));
  });

  it('is taken from a check that is under way: what it subscribed too late is taken off again', async () => {
    const [page] = await network.simulator.createPages(1);
    await network.simulator.post('/__sim/faults', {
      match: { endpoint: 'subscribed_apps', page_id: page!.page_id, method: 'POST' },
      fault: { type: 'latency', ms: 2_000 },
    });
    const { owner, path, business } = acme;
    const { id } = await owner.expect(
      201,
      owner.post(`${path}/businesses/${business.id}/integrations`, {
        integration_type: 'FACEBOOK_PAGE',
        name: 'Late',
        facebook_page: {
          page_id: page!.page_id,
          access_token: page!.userToken,
          page_access_token: page!.page_access_token,
        },
      }),
    );
    await expect.poll(() => claimsOf(acme), patience).toEqual([page!.page_id]);
    await owner.expect(204, owner.delete(`${path}/integrations/${id}`));
    const subscriptions = `/__sim/ledger?type=call&endpoint=subscribed_apps&method=POST&page_id=${page!.page_id}`;
    const answers = async () => (await network.simulator.get(subscriptions)).data.map(({ status }: any) => status);
    await expect.poll(answers, patience).toEqual([200]);
    await expectSubscribed(page!.page_id, false);
    expect(await pageOf(acme, id)).toMatchObject({ status: 'disconnected' });
    await expect.poll(() => waitingOf(page!.page_id), patience).toEqual([]);
  });
});

describe('restoring', () => {
  it('a business leaves out an integration whose page another one of the organization took, and says so', async () => {
    const { owner, path, business } = acme;
    const first = await acme.connectPage();
    await owner.expect(204, owner.delete(`${path}/businesses/${business.id}`));
    const other = await owner.expect(201, owner.post(`${path}/businesses`, { name: 'Other' }));
    const [login] = await network.simulator.logIn(first.page.personId);
    const second = await connectIn(other, login!);
    expect(second.integration.facebook_page.status).toBe('healthy');
    await owner.expect(200, owner.post(`${path}/businesses/${business.id}/restore`));
    expect(await pageOf(acme, first.id)).toMatchObject({
      status: 'disconnected',
      status_reason: { code: 'page_taken', detail: expect.any(String), fix: expect.any(String) },
    });
    const restore = () => owner.post(`${path}/integrations/${first.id}/restore`);
    expect((await owner.expect(409, restore())).code).toBe('page_taken');
    await owner.expect(204, owner.delete(`${path}/integrations/${second.id}`));
    await owner.expect(200, restore());
    await expectStatus(acme, first.id, 'healthy');
    await expectSubscribed(first.page.page_id, true);
    const { data } = await owner.expect(200, owner.get(`${path}/audit-events?action=business.restored`));
    expect(data[0].changes).toEqual({ integrations_not_restored: [first.id] });
  });

  it('an organization says of each page what could not be restored: a dead token, a page that is another’s now', async () => {
    const { owner, path } = acme;
    const [dead, moved] = [await acme.connectPage(), await acme.connectPage()];
    await owner.expect(204, owner.delete(path));
    const rival = await network.tenant('rival');
    const [login] = await network.simulator.logIn(moved.page.personId);
    await rival.connectPage({ page: login! });
    await network.simulator.post(`/__sim/people/${dead.page.personId}/events`, { type: 'password_change' });
    await owner.expect(200, owner.post(`${path}/restore`));
    await expectStatus(acme, dead.id, 'needs_reauth');
    await expect
      .poll(async () => (await pageOf(acme, moved.id)).status_reason?.code, patience)
      .toBe('page_unavailable');
    await expectSubscribed(moved.page.page_id, true);
  });
});

describe('leaving a page', () => {
  it('is done by a sweep where the nudge was lost', async () => {
    const { id, page } = await acme.connectPage();
    await network.settle();
    process.kill(network.worker!.pid, 'SIGSTOP');
    await acme.owner.expect(204, acme.owner.delete(`${acme.path}/integrations/${id}`));
    await network.sql(`delete from bullmq.job where name = $1 and state = 'waiting'`, [sweepUnsubscriptionsJob.name]);
    await network.sql('delete from bullmq.dedup');
    process.kill(network.worker!.pid, 'SIGCONT');
    await expectSubscribed(page.page_id, false);
  });

  it('ends what waited for the page: nothing stays parked, and no reply in doubt', async () => {
    const [dead, doubtful] = [await acme.connectPage(), await acme.connectPage()];
    await network.simulator.post(`/__sim/people/${dead.page.personId}/events`, { type: 'password_change' });
    await acme.refresh(dead.id);
    await network.simulator.post('/__sim/faults', {
      match: { endpoint: 'comments', page_id: doubtful.page.page_id, method: 'POST' },
      fault: { type: 'reset' },
    });
    for (const { page } of [dead, doubtful]) {
      await network.simulator.post(`/__sim/pages/${page.page_id}/comments`, { text: 'Open?' });
    }
    const stateOf = async (table: string, { page }: ConnectedPage) =>
      (await network.sql(`select state from ${table} where page_id = $1`, [page.page_id]))[0]?.state;
    await expect.poll(() => stateOf('webhook_events', dead), patience).toBe('parked');
    await expect.poll(() => stateOf('replies', doubtful), patience).toBe('unknown');
    for (const { id } of [dead, doubtful]) {
      await acme.owner.expect(204, acme.owner.delete(`${acme.path}/integrations/${id}`));
    }
    await expect.poll(() => stateOf('webhook_events', dead), patience).toBe('ignored');
    await expect.poll(() => stateOf('webhook_events', doubtful), patience).toBe('ignored');
    const open = 'select 1 from replies where page_id = $1 and finished_at is null';
    await expect.poll(() => network.sql(open, [doubtful.page.page_id]), patience).toEqual([]);
  });

  it('is tried again where Facebook fails for the moment, in an inactive organization too', async () => {
    const { page } = await acme.connectPage();
    await network.simulator.post('/__sim/faults', {
      match: { endpoint: 'subscribed_apps', page_id: page.page_id, method: 'DELETE' },
      fault: { type: 'error', http: 500, code: 2, is_transient: true },
      times: 2,
    });
    await acme.owner.expect(204, acme.owner.delete(acme.path));
    for (const [attempts, hours] of [
      [1, 0.02],
      [2, 0.1],
    ] as const) {
      await expect.poll(async () => (await waitingOf(page.page_id))[0]?.attempts, patience).toBe(attempts);
      expect(await network.simulator.isSubscribed(page.page_id)).toBe(true);
      await network.moveClock(hours);
      await network.services.queue.enqueue(sweepUnsubscriptionsJob, {});
    }
    await expectSubscribed(page.page_id, false);
    await expect.poll(() => waitingOf(page.page_id), patience).toEqual([]);
  });

  it('does nothing with a dead token, and says in the audit log that the app may still be there', async () => {
    const { id, page } = await acme.connectPage();
    await network.simulator.post(`/__sim/people/${page.personId}/events`, { type: 'password_change' });
    await acme.owner.expect(204, acme.owner.delete(`${acme.path}/integrations/${id}`));
    await expect.poll(() => waitingOf(page.page_id), patience).toEqual([]);
    const path = `${acme.path}/audit-events?action=integration.unsubscribe_failed`;
    const { data } = await acme.owner.expect(200, acme.owner.get(path));
    expect(data).toMatchObject([{ subject: { id }, changes: { page_id: page.page_id, attempts: 1 } }]);
  });

  it('has the page checked at once for who claims it meanwhile: they keep their events', async () => {
    const { id, page } = await acme.connectPage();
    const rival = await network.tenant('rival');
    const [login] = await network.simulator.logIn(page.personId);
    const before = await deletions(page.page_id);
    await network.simulator.post('/__sim/faults', {
      match: { endpoint: 'subscribed_apps', page_id: page.page_id, method: 'DELETE' },
      fault: { type: 'latency', ms: 3_000 },
    });
    await acme.owner.expect(204, acme.owner.delete(`${acme.path}/integrations/${id}`));
    // The call has begun when the attempt is counted; it takes effect after the rival has found itself subscribed.
    await expect.poll(async () => (await waitingOf(page.page_id))[0]?.attempts, patience).toBe(1);
    const taken = await rival.connectPage({ page: login! });
    expect(taken.integration.facebook_page.status).toBe('healthy');
    await expect.poll(() => waitingOf(page.page_id), patience).toEqual([]);
    expect(await deletions(page.page_id)).toBe(before + 1);
    await expectSubscribed(page.page_id, true);
    await expectStatus(rival, taken.id, 'healthy');
  });

  it('follows when an integration gets another page', async () => {
    const { id, page } = await acme.connectPage();
    const [next] = await network.simulator.createPages(1);
    await acme.owner.expect(
      200,
      acme.owner.put(`${acme.path}/integrations/${id}/facebook-page`, {
        page_id: next!.page_id,
        access_token: next!.userToken,
        page_access_token: next!.page_access_token,
      }),
    );
    await expectSubscribed(page.page_id, false);
    await expectSubscribed(next!.page_id, true);
    await expectStatus(acme, id, 'healthy');
    expect(await claimsOf(acme)).toEqual([next!.page_id]);
  });

  const deletions = async (pageId: string): Promise<number> => {
    const query = `type=call&endpoint=subscribed_apps&method=DELETE&page_id=${pageId}`;
    return (await network.simulator.get(`/__sim/ledger?${query}`)).data.length;
  };
});

describe('a worker that is killed with -9 while it leaves a page', () => {
  itWithoutTwins.each(['unsubscribe.before_http', 'unsubscribe.after_http'])(
    'finishes after %s',
    async failpoint => {
      const { id, page } = await acme.connectPage();
      await network.settle();
      await network.worker!.stop();
      await acme.owner.expect(204, acme.owner.delete(`${acme.path}/integrations/${id}`));
      const doomed = await network.startWorker({ FAIL_AT: failpoint });
      expect((await doomed.exited).signal).toBe('SIGKILL');
      expect(await waitingOf(page.page_id)).toHaveLength(1);
      await network.startWorker();
      await network.moveClock(0.02);
      await expect.poll(() => waitingOf(page.page_id), { timeout: 60_000 }).toEqual([]);
      expect(await network.simulator.isSubscribed(page.page_id)).toBe(false);
    },
    120_000,
  );
});

describe('thousands of pages', () => {
  it('are let go and taken back in a moment', async () => {
    await network.worker!.stop();
    const { id } = await acme.connectPage();
    await network.sql(manyPages, [acme.uuid, 4_000]);
    expect(await claimsOf(acme)).toHaveLength(4_001);
    const leftAt = performance.now();
    await acme.owner.expect(204, acme.owner.delete(acme.path));
    const leftMs = Math.round(performance.now() - leftAt);
    expect(await claimsOf(acme)).toEqual([]);
    const [{ waiting }] = (await network.sql(
      'select count(*)::int as waiting from page_unsubscriptions where organization_id = $1',
      [acme.uuid],
    )) as [{ waiting: number }];
    expect(waiting).toBe(4_001);
    const backAt = performance.now();
    await acme.owner.expect(200, acme.owner.post(`${acme.path}/restore`));
    const backMs = Math.round(performance.now() - backAt);
    expect(await pageOf(acme, id)).toMatchObject({ status: 'unverified' });
    const [{ due }] = (await network.sql(
      'select count(*)::int as due from facebook_page_integrations where organization_id = $1 and next_check_at <= now()',
      [acme.uuid],
    )) as [{ due: number }];
    expect(due).toBe(4_001);
    process.stdout.write(`4,001 pages: let go in ${leftMs} ms, taken back in ${backMs} ms\n`);
    // Their tokens are none: nobody shall try to work them off.
    await network.sql('delete from page_unsubscriptions where organization_id = $1', [acme.uuid]);
    await network.sql('update organizations set is_active = false where id = $1', [acme.uuid]);
  }, 60_000);
});

/** As many more integrations as are asked for, each with a page that is claimed. */
const manyPages = `
  with made as (
    insert into integrations (organization_id, id, business_id, integration_type, name, config)
    select i.organization_id, gen_random_uuid(), i.business_id, i.integration_type, 'Many', i.config
    from integrations i, generate_series(1, $2) where i.organization_id = $1
    returning organization_id, id
  ), numbered as (select *, (10 ^ 15 + row_number() over ())::bigint::text as page_id from made), pages as (
    insert into facebook_page_integrations
      (organization_id, id, login_id, page_id, page_access_token, status, status_since)
    select n.organization_id, n.id, p.login_id, n.page_id, ''::bytea, 'healthy', now()
    from numbered n, facebook_page_integrations p where p.organization_id = $1
    returning organization_id, id, page_id
  )
  insert into page_claims (page_id, organization_id, integration_id, generation)
  select page_id, organization_id, id, 1 from pages`;
