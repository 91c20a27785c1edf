import type { Uuid } from '@pagekeeper/domain/ids';
import { refreshLoginJob, sweepLoginsJob } from '@pagekeeper/domain/jobs';
import { withClient } from '@pagekeeper/testing/database/template';
import { connectThrough, personWithPages, pick } from '@pagekeeper/testing/network/dialog';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { ConnectedPage, Tenant } from '@pagekeeper/testing/network/tenant';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

let network: Network;

beforeAll(async () => {
  network = await startNetwork();
}, 60_000);

afterAll(() => network?.stop());
afterEach(async () => {
  await network.moveClock(0);
  await network.simulator.delete('/__sim/faults');
  await forgetPauses();
});

const forgetPauses = () => network.sql('delete from app_pauses');

const statusAfter = async (acme: Tenant, { id }: ConnectedPage) => {
  const { integration } = await acme.refresh(id);
  return [integration.facebook_page.status, integration.facebook_page.status_reason?.code ?? null];
};

const personEvent = ({ page }: ConnectedPage, event: object) =>
  network.simulator.post(`/__sim/people/${page.personId}/events`, event);

describe('a page’s status', () => {
  it('follows what happens to its token, and comes back by itself where the token does', async () => {
    const acme = await network.tenant('acme');
    const connected = await acme.connectPage();
    const { page_id } = connected.page;
    const steps: [event: object, status: string, reason: string | null][] = [
      [{ type: 'checkpoint' }, 'blocked_user_action', 'checkpoint'],
      [{ type: 'checkpoint_lifted' }, 'healthy', null],
      [{ type: 'permission_removed', scope: 'pages_manage_engagement' }, 'needs_permission', 'permission_missing'],
      [{ type: 'role_removed', page_id }, 'page_lost', 'role_lost'],
      [{ type: 'role_restored', page_id }, 'needs_permission', 'permission_missing'],
      [{ type: 'deauthorize' }, 'needs_reauth', 'app_removed'],
    ];
    for (const [event, status, reason] of steps) {
      await personEvent(connected, event);
      expect(await statusAfter(acme, connected), JSON.stringify(event)).toEqual([status, reason]);
    }
  });

  it('is needs_reauth after a password change, with the fix, and healthy again with fresh tokens', async () => {
    const acme = await network.tenant('acme');
    const connected = await acme.connectPage();
    await personEvent(connected, { type: 'password_change' });
    expect(await statusAfter(acme, connected)).toEqual(['needs_reauth', 'password_changed']);
    const [fresh] = await network.simulator.logIn(connected.page.personId);
    const path = `${acme.path}/integrations/${connected.id}/facebook-page`;
    const tokens = { access_token: fresh!.userToken, page_access_token: fresh!.page_access_token };
    await acme.owner.expect(200, acme.owner.put(path, { page_id: connected.page.page_id, ...tokens }));
    expect(await statusAfter(acme, connected)).toEqual(['healthy', null]);
  });

  it('is never touched by a failed call of ours', async () => {
    const acme = await network.tenant('acme');
    const connected = await acme.connectPage();
    const faults: [fault: object, outcome: string][] = [
      [{ type: 'error', http: 403, code: 4, message: '(#4) Application request limit reached' }, 'throttled'],
      [{ type: 'html' }, 'unreachable'],
      [{ type: 'reset' }, 'unreachable'],
    ];
    for (const [fault, expected] of faults) {
      await network.simulator.post('/__sim/faults', { match: { endpoint: 'debug_token' }, fault });
      const { outcome, integration } = await acme.refresh(connected.id);
      expect([outcome, integration.facebook_page.status], JSON.stringify(fault)).toEqual([expected, 'healthy']);
      await network.simulator.delete('/__sim/faults');
      await forgetPauses();
    }
  });

  it('says that a page cannot be connected while another tenant holds it, and not who; and takes it once it is free', async () => {
    const acme = await network.tenant('acme');
    const rival = await network.tenant('rival');
    const held = await acme.connectPage();
    const [second] = await network.simulator.logIn(held.page.personId);
    const refused = await rival.connectPage({ page: second! });
    expect(refused.integration.facebook_page).toMatchObject({
      status: 'unverified',
      status_reason: { code: 'page_unavailable', detail: 'This page cannot be connected here.' },
    });
    expect(JSON.stringify(refused.integration)).not.toContain('acme');
    await acme.owner.expect(204, acme.owner.delete(`${acme.path}/integrations/${held.id}`));
    expect(await statusAfter(rival, refused)).toEqual(['healthy', null]);
  });
});

describe('keep-alive', () => {
  it('checks what is due by itself, within a day', async () => {
    const acme = await network.tenant('acme');
    const connected = await acme.connectPage();
    await personEvent(connected, { type: 'password_change' });
    await network.moveClock(20.1);
    await network.services.queue.enqueue(sweepLoginsJob, {});
    await network.settle();
    const read = await acme.owner.expect(200, acme.owner.get(`${acme.path}/integrations/${connected.id}`));
    expect(read.facebook_page.status).toBe('needs_reauth');
  });

  it('is left out where another check came before it, and what somebody asks for meanwhile follows it', async () => {
    const acme = await network.tenant('acme');
    const { page } = await acme.connectPage();
    await network.settle();
    const read = async () => {
      const columns = 'select login_id, last_checked_at from facebook_page_integrations where page_id = $1';
      return (await network.sql(columns, [page.page_id]))[0];
    };
    const { login_id, last_checked_at: first } = await read();
    const check = { organization_id: acme.uuid as Uuid, login_id };
    const { queue } = network.services;
    await queue.enqueueMany(refreshLoginJob, [{ ...check, routine: true }], { perSecond: 1 });
    await network.settle();
    expect((await read()).last_checked_at).toEqual(first);

    await network.sql('update facebook_page_integrations set next_check_at = app.now() where page_id = $1', [
      page.page_id,
    ]);
    await network.simulator.post('/__sim/faults', {
      match: { person_id: page.personId },
      fault: { type: 'latency', ms: 2_000 },
      times: 1,
    });
    const { last_sequence } = await network.simulator.get('/__sim/ledger?limit=1');
    await queue.enqueueMany(refreshLoginJob, [{ ...check, routine: true }], { perSecond: 1 });
    await network.untilSql('select 1 from facebook_logins where lease_until > clock_timestamp()', 'the slow check');
    await queue.enqueue(refreshLoginJob, check);
    const lists = `/__sim/ledger?endpoint=accounts&person_id=${page.personId}&after=${last_sequence}`;
    await expect.poll(async () => (await network.simulator.get(lists)).data.length, { timeout: 20_000 }).toBe(2);
  });

  it('subscribes a page within the hour where Facebook did not take that at first, however often it is asked meanwhile', async () => {
    const acme = await network.tenant('acme');
    const [page] = await network.simulator.createPages(1);
    await network.simulator.post('/__sim/faults', {
      match: { endpoint: 'subscribed_apps', page_id: page!.page_id, method: 'POST' },
      fault: { type: 'error', http: 500, code: 2, message: '(#2) Service temporarily unavailable' },
    });
    await acme.connectPage({ page: page! });
    await network.settle();
    expect(await network.simulator.isSubscribed(page!.page_id)).toBe(false);
    await network.simulator.delete('/__sim/faults');
    await network.moveClock(1.3);
    await network.services.queue.enqueue(sweepLoginsJob, {});
    await network.settle();
    expect(await network.simulator.isSubscribed(page!.page_id)).toBe(true);
  });

  it('is left alone where Facebook says so, also where it was changed while it was asked', async () => {
    const acme = await network.tenant('acme');
    const { id, page } = await acme.connectPage();
    await network.settle();
    const match = { page_id: page.page_id, endpoint: 'subscribed_apps' };
    await network.simulator.post('/__sim/faults', { match, fault: { type: 'throttle', code: 80001, minutes: 30 } });
    await network.simulator.post('/__sim/faults', { match, fault: { type: 'latency', ms: 1_500 } });
    const before = await calls('subscribed_apps');
    const check = acme.refresh(id);
    await network.untilSql('select 1 from facebook_logins where lease_until > clock_timestamp()', 'the check runs');
    const path = `${acme.path}/integrations/${id}`;
    await acme.owner.expect(200, acme.owner.patch(path, { config: { webhook_enabled: false } }));
    await check;
    await network.settle();
    expect((await calls('subscribed_apps')) - before).toBe(1);
    const [{ reason }] = await network.sql(
      'select pause_reason as reason from facebook_page_integrations where page_id = $1 and paused_until > app.now()',
      [page.page_id],
    );
    expect(reason).toBe('The calls that Facebook allows for this page are used up for now.');
  });

  it('exchanges the user token from day 45, and counts only a later end as success', async () => {
    const acme = await network.tenant('acme');
    const connected = await acme.connectPage();
    const end = connected.integration.facebook_page.user_token_expires_at;
    await network.moveClock(44 * 24);
    expect((await acme.refresh(connected.id)).integration.facebook_page.user_token_expires_at).toBe(end);
    expect(await exchanges(connected)).toBe(0);
    await network.moveClock(47 * 24);
    expect(await statusAfter(acme, connected)).toEqual(['expiring', 'token_expiring']);
    expect(await exchanges(connected)).toBe(1);
    await network.simulator.patch('/__sim/app', { exchange: 'extended' });
    await network.moveClock(48 * 24);
    expect(await statusAfter(acme, connected)).toEqual(['healthy', null]);
    const moved = (await acme.refresh(connected.id)).integration.facebook_page.user_token_expires_at;
    expect(Date.parse(moved)).toBeGreaterThan(Date.parse(end) + 40 * 86_400_000);
    await network.simulator.patch('/__sim/app', { exchange: 'unchanged' });
  });

  it('keeps a token that was prolonged, also where the list of pages fails after that', async () => {
    const acme = await network.tenant('acme');
    const connected = await acme.connectPage();
    await network.simulator.patch('/__sim/app', { exchange: 'extended' });
    await network.moveClock(47 * 24);
    const { personId: person_id } = connected.page;
    const fault = { type: 'error', http: 500, code: 2, message: 'Try again later' };
    await network.simulator.post('/__sim/faults', { match: { person_id, endpoint: 'accounts' }, fault });
    const { outcome, integration } = await acme.refresh(connected.id);
    expect([outcome, integration.facebook_page.status]).toEqual(['unreachable', 'healthy']);
    await network.simulator.delete('/__sim/faults');
    const end = connected.integration.facebook_page.user_token_expires_at;
    const moved = (await acme.refresh(connected.id)).integration.facebook_page.user_token_expires_at;
    expect(Date.parse(moved)).toBeGreaterThan(Date.parse(end) + 40 * 86_400_000);
    expect(await exchanges(connected)).toBe(1);
    await network.simulator.patch('/__sim/app', { exchange: 'unchanged' });
  });

  it('of many pages behind one login is stored part by part: no answer waits for all of them', async () => {
    const acme = await network.tenant('acme');
    const names = Array.from({ length: 60 }, (_, index) => ({ name: `Cup ${index}` }));
    const { id: personId, pageIds } = await personWithPages(network, names);
    const { id } = await connectThrough(acme, { personId });
    const picked = [...(await pick(acme, id, pageIds.slice(0, 50))), ...(await pick(acme, id, pageIds.slice(50)))];
    await network.settle(60_000);
    const [first, last] = [pageIds.toSorted()[0], pageIds.toSorted().at(-1)];
    const dead = async (...ids: unknown[]) =>
      (
        await network.sql(
          `select page_id from facebook_page_integrations where page_id = any($1) and status = 'needs_reauth'`,
          [ids],
        )
      ).length;
    await network.simulator.post(`/__sim/people/${personId}/events`, { type: 'password_change' });
    let check: Promise<unknown>;
    await withClient(network.database.adminUrl, async client => {
      await client.query('begin');
      await client.query('select from facebook_page_integrations where page_id = $1 for update', [last]);
      check = acme.refresh(picked[0].integration.id);
      await expect.poll(() => dead(first), { timeout: 2_500, interval: 20 }).toBe(1);
      expect(await dead(last)).toBe(0);
      await client.query('rollback');
    });
    await check!;
    expect(await dead(...pageIds)).toBe(60);
  }, 60_000);

  it('asks once when many ask at once', async () => {
    const acme = await network.tenant('acme');
    const connected = await acme.connectPage();
    await network.simulator.post('/__sim/faults', {
      match: { endpoint: 'debug_token' },
      fault: { type: 'latency', ms: 3_000 },
    });
    const before = await calls('debug_token');
    const jobs = Array.from({ length: 10 }, () => acme.owner.post(`${acme.path}/integrations/${connected.id}/refresh`));
    for (const { status } of await Promise.all(jobs)) expect(status).toBe(202);
    await network.settle();
    // One for a check: the person is known. Nudges that came meanwhile made at most one more.
    expect((await calls('debug_token')) - before).toBeLessThanOrEqual(2);
  });

  it('keeps tokens that were replaced during a check', async () => {
    const acme = await network.tenant('acme');
    const connected = await acme.connectPage();
    await personEvent(connected, { type: 'password_change' });
    const [fresh] = await network.simulator.logIn(connected.page.personId);
    await network.simulator.post('/__sim/faults', {
      match: { endpoint: 'debug_token' },
      fault: { type: 'latency', ms: 400 },
    });
    const check = acme.refresh(connected.id);
    const path = `${acme.path}/integrations/${connected.id}/facebook-page`;
    const tokens = { access_token: fresh!.userToken, page_access_token: fresh!.page_access_token };
    await acme.owner.expect(200, acme.owner.put(path, { page_id: connected.page.page_id, ...tokens }));
    await check;
    await network.settle();
    const read = await acme.owner.expect(200, acme.owner.get(`${acme.path}/integrations/${connected.id}`));
    expect(read.facebook_page.status).toBe('healthy');
  });
});

async function calls(endpoint: string): Promise<number> {
  const { data } = await network.simulator.get(`/__sim/ledger?type=call&endpoint=${endpoint}&limit=1000`);
  return data.length;
}

async function exchanges({ page: { personId } }: ConnectedPage): Promise<number> {
  const { data } = await network.simulator.get(`/__sim/ledger?type=call&endpoint=access_token&person_id=${personId}`);
  return data.length;
}

describe('a sealed token that somebody moved in the database', () => {
  it('opens in no other row and no other tenant: the page asks for a new login, and Facebook never sees it', async () => {
    const acme = await network.tenant('acme');
    const rival = await network.tenant('rival');
    const [first, second] = [await acme.connectPage(), await acme.connectPage()];
    const foreign = await rival.connectPage();
    const before = await calls('debug_token');
    const copy = (from: string, to: string) =>
      network.sql(
        `update facebook_page_integrations set page_access_token =
           (select page_access_token from facebook_page_integrations where page_id = $1) where page_id = $2`,
        [from, to],
      );
    await copy(first.page.page_id, second.page.page_id);
    await copy(foreign.page.page_id, first.page.page_id);
    for (const moved of [first, second]) {
      expect(await statusAfter(acme, moved)).toEqual(['needs_reauth', 'token_damaged']);
    }
    expect(await calls('debug_token')).toBe(before);
  });

  it('fails alone where it is an event: the next one is answered', async () => {
    const acme = await network.tenant('acme');
    const { page } = await acme.connectPage();
    await network.settle();
    process.kill(network.worker!.pid, 'SIGSTOP');
    const comments = `/__sim/pages/${page.page_id}/comments`;
    await network.simulator.post(comments, { text: 'first' });
    await network.simulator.post(comments, { text: 'second' });
    let stored: { id: string }[] = [];
    while (stored.length < 2) {
      stored = await network.sql('select id from webhook_events where organization_id = $1', [acme.uuid]);
    }
    await network.sql(
      `update webhook_events set payload = (select payload from webhook_events where id = $1) where id = $2`,
      [stored[0]!.id, stored[1]!.id],
    );
    process.kill(network.worker!.pid, 'SIGCONT');
    await network.settle(40_000);
    const states = await network.sql(
      `select state, reason from webhook_events where organization_id = $1 and kind = 'comment.add' order by state`,
      [acme.uuid],
    );
    expect(states).toContainEqual({ state: 'failed', reason: 'Its stored content cannot be read.' });
    const { sends } = await network.simulator.get(`/__sim/ledger/counts?page_id=${page.page_id}`);
    expect(sends.total).toBe(1);
  }, 60_000);
});
