import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { newId } from '@pagekeeper/domain/ids';
import { drainEventsJob, refreshLoginJob } from '@pagekeeper/domain/jobs';
import { erasable, erasedLast } from '@pagekeeper/domain/purges/erasure';
import { processesHaveTwins } from '@pagekeeper/testing/network/behind-pgbouncer';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { ConnectedPage, Tenant } from '@pagekeeper/testing/network/tenant';
import { findRedis, type RunningRedis, startRedis } from '@pagekeeper/testing/redis';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const killedOn = findRedis() ? 'redis' : 'postgres';

const patience = { timeout: 90_000, interval: 250 };

/** Asks for a purge, as its owner. */
async function ask({ owner, path, organization }: Tenant): Promise<{ id: string; url: string }> {
  return await owner.expect(202, owner.post(`${path}/purge`, { confirm: organization.slug }));
}

const read = (tenant: Tenant, url: string) => tenant.owner.expect(200, tenant.owner.get(url));

async function expectFinished(tenant: Tenant, url: string): Promise<any> {
  await expect.poll(async () => (await read(tenant, url)).state, patience).toBe('finished');
  return await read(tenant, url);
}

/** How many rows each table holds of an organization; tables without any are left out. */
async function rowsOf(network: Network, organizationId: string): Promise<Record<string, number>> {
  const tables = await network.sql(`
    select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'organization_id'
    where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace`);
  const counts: Record<string, number> = {};
  for (const { name } of tables) {
    const [{ count }] = (await network.sql(`select count(*)::int from ${name} where organization_id = $1`, [
      organizationId,
    ])) as [{ count: number }];
    if (count > 0) counts[name] = count;
  }
  return counts;
}

const tenantTables = [...erasable.map(({ table }) => table), ...erasedLast]
  .filter(table => table !== 'organizations' && table !== 'personal_idempotency_keys')
  .sort();

/** A row in every table that no endpoint fills yet. */
async function fillTheRest(network: Network, tenant: Tenant, canary: string): Promise<void> {
  const values = [tenant.uuid, newId(), canary];
  await network.sql(
    `insert into invitations (organization_id, id, email, role, token_hash, expires_at)
     values ($1, $2, lower($3::text) || '@example.com', 'MEMBER', sha256($3::text::bytea), now())`,
    values,
  );
  // Two keys, the older one replaced by the newer.
  const newer = newId();
  await network.sql(
    `insert into api_keys (organization_id, id, name, prefix, secret_hash, role, scopes)
     values ($1, $2, $3::text, 'pgk_live_x', sha256(('new' || $3::text)::bytea), 'ADMIN', '{read}')`,
    [tenant.uuid, newer, canary],
  );
  await network.sql(
    `insert into api_keys (organization_id, id, name, prefix, secret_hash, role, scopes, replaced_by)
     values ($1, $2, $3::text, 'pgk_live_y', sha256($3::text::bytea), 'ADMIN', '{read}', $4)`,
    [tenant.uuid, newId(), canary, newer],
  );
  await network.sql(
    `insert into staff_entries (organization_id, id, user_id, reason, expires_at)
     select $1::uuid, $2::uuid, user_id, $3, now() from organization_memberships where organization_id = $1::uuid limit 1`,
    values,
  );
  await network.sql(
    `insert into threads (organization_id, integration_id, thread_hash, human_until)
     select organization_id, id, sha256($2::text::bytea), now() from integrations where organization_id = $1 limit 1`,
    [tenant.uuid, canary],
  );
  await network.sql(
    `insert into facebook_connections
       (organization_id, id, business_id, user_id, session_id, state_hash, login_id, pages, expires_at)
     select l.organization_id, $2::uuid, b.id, m.user_id, gen_random_uuid(), sha256($3::text::bytea), l.id,
       jsonb_build_array($3::text), now()
     from facebook_logins l, businesses b, organization_memberships m
     where l.organization_id = $1 and b.organization_id = $1 and m.organization_id = $1 limit 1`,
    values,
  );
  await network.sql(
    `insert into audit_events (organization_id, id, actor_type, actor_id, action, subject_type, subject_id, request_id)
     select $1::uuid, gen_random_uuid(), 'job', $2::text, 'bulk', 'organization', $1::uuid, $3 from generate_series(1, 5000)`,
    values,
  );
}

describe.each([['postgres'], ...(findRedis() ? [['redis']] : [])] as ['postgres' | 'redis'][])(
  'a purge, with jobs in %s',
  queue => {
    let network: Network;
    let redis: RunningRedis | null = null;

    beforeAll(async () => {
      if (queue === 'redis') redis = await startRedis();
      network = await startNetwork(redis ? { redisUrl: redis.url } : {});
    }, 60_000);

    afterAll(async () => {
      await network?.stop();
      await redis?.stop();
    });

    /** Everything that the database and the queue hold, as text. */
    async function everything(): Promise<Record<string, string>> {
      const found: Record<string, string> = {};
      const tables = await network.sql(`
        select n.nspname as schema, c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')`);
      for (const { schema, name } of tables) {
        const rows = await network.sql(`select t::text as row from "${schema}"."${name}" t`);
        found[`${schema}.${name}`] = rows.map(({ row }) => row).join('\n');
      }
      if (redis) found.redis = await everyKey(redis.url);
      return found;
    }

    it('leaves nothing behind, in no table and no queue; people and other tenants keep what is theirs', async () => {
      const acme = await network.tenant('acme');
      const rival = await network.tenant('rival');
      const kept = await rival.connectPage();
      const canary = `canary-${randomUUID()}`;
      const { pages, canaries } = await liveIn(acme, canary);
      await network.settle(60_000);
      await network.simulator.post(`/__sim/people/${pages[1]!.page.personId}/events`, { type: 'password_change' });
      await acme.refresh(pages[1]!.id);
      // Every table is put to the test: a new one is filled here too. Pages are left only when the purge begins.
      expect([...Object.keys(await rowsOf(network, acme.uuid)), 'page_unsubscriptions'].sort()).toEqual(tenantTables);
      const rivals = await rowsOf(network, rival.uuid);
      // Jobs that name it wait, for later and for now.
      const { queue: jobs } = network.services;
      const [{ login_id }] = (await network.sql(
        'select login_id from facebook_page_integrations where organization_id = $1',
        [acme.uuid],
      )) as [{ login_id: any }];
      await jobs.enqueue(refreshLoginJob, { organization_id: acme.uuid, login_id }, { delayMs: 3_600_000 });
      await jobs.enqueue(drainEventsJob, { organization_id: acme.uuid, integration_id: newId() });
      const before = await everything();
      const places = (needle: string, all: Record<string, string>) =>
        Object.entries(all).flatMap(([place, text]) => (text.includes(needle) ? [place] : []));
      expect(places(canary, before).length).toBeGreaterThan(5);
      expect(places(acme.uuid, before).length).toBeGreaterThan(12);

      const { url } = await ask(acme);
      const purge = await expectFinished(acme, url);
      expect(purge).toMatchObject({ state: 'finished', pages_left: 0, finished_at: expect.any(String) });
      expect(purge.rows_erased).toBeGreaterThan(5_000);

      expect(await network.simulator.isSubscribed(pages[0]!.page.page_id)).toBe(false);
      const after = await everything();
      // The record that it was erased, for who asked for it.
      expect(places(acme.uuid, after)).toEqual(['public.organization_purges']);
      for (const each of canaries) expect(places(each, after), each).toEqual([]);
      expect(places(acme.owner.email, after)).toContain('auth.users');
      await acme.owner.expect(200, acme.owner.get('/v1/organizations?active=any'));
      expect(await rowsOf(network, rival.uuid)).toEqual(rivals);
      expect((await rival.refresh(kept.id)).integration.facebook_page.status).toBe('healthy');
    }, 180_000);

    /** A life with all that leaves traces. Gives its pages, and texts that stand somewhere because of it. */
    async function liveIn(acme: Tenant, canary: string): Promise<{ pages: ConnectedPage[]; canaries: string[] }> {
      const { owner, path } = acme;
      await owner.expect(200, owner.patch(path, { name: canary, slug: canary }));
      acme.organization.slug = canary;
      const keyed = { 'Idempotency-Key': canary };
      await owner.expect(201, owner.post(`${path}/businesses`, { name: canary, description: canary }, keyed));
      const pages = [await acme.connectPage({ name: canary }), await acme.connectPage({ name: canary })];
      const config = { auto_reply: true, comment_reply: { text: canary } };
      await owner.expect(200, owner.patch(`${path}/integrations/${pages[0]!.id}`, { config }));
      for (const { page } of pages) {
        await network.simulator.post(`/__sim/pages/${page.page_id}/comments`, { text: canary });
        await network.simulator.post(`/__sim/pages/${page.page_id}/messages`, { text: canary });
      }
      await fillTheRest(network, acme, canary);
      const [personal] = await network.sql('select count(*)::int from personal_idempotency_keys');
      expect(personal.count).toBe(0);
      const own = await owner.expect(201, owner.post('/v1/organizations', { name: 'Second' }, keyed));
      await expectPersonalAnswerGoes(acme, own.id, own.slug);
      const tokens = pages.flatMap(({ page }) => [page.userToken, page.page_access_token]);
      return { pages, canaries: [canary, ...pages.map(({ page }) => page.page_id), ...tokens] };
    }

    // Sealed, and with no organization that row level security could tell by: the column says whose it is.
    async function expectPersonalAnswerGoes({ owner }: Tenant, organization: string, slug: string): Promise<void> {
      const answers = () =>
        network.sql('select id from personal_idempotency_keys where about_organization is not null');
      expect(await answers()).toHaveLength(1);
      const path = `/v1/organizations/${organization}/purge`;
      const { url } = await owner.expect(202, owner.post(path, { confirm: slug }, { 'Idempotency-Key': 'purge' }));
      await expect.poll(async () => (await owner.expect(200, owner.get(url))).state, patience).toBe('finished');
      expect(await answers()).toEqual([]);
    }

    // A dead worker's lease and its job are waited for after each kill: once is enough, on what production has.
    it.runIf(queue === killedOn && !processesHaveTwins)(
      'is finished after kill -9 at any point, by whoever comes next',
      async () => {
        const acme = await network.tenant('acme');
        const { page } = await acme.connectPage();
        await network.simulator.post(`/__sim/pages/${page.page_id}/comments`, { text: 'Hello?' });
        await network.settle();
        await fillTheRest(network, acme, `killed-${queue}`);
        await network.worker!.stop();
        const { id, url } = await ask(acme);
        for (const failpoint of ['purge.after_rows', 'purge.before_keys', 'purge.before_jobs']) {
          const doomed = await network.startWorker({ FAIL_AT: failpoint });
          expect((await doomed.exited).signal, failpoint).toBe('SIGKILL');
          const { state } = await read(acme, url);
          expect(state, failpoint).toBe('erasing');
          const { organization_memberships: members = 0 } = await rowsOf(network, acme.uuid);
          expect(members, failpoint).toBe(failpoint === 'purge.before_jobs' ? 0 : 3);
        }
        await network.startWorker();
        const purge = await expectFinished(acme, url);
        expect(purge.id).toBe(id);
        expect(await rowsOf(network, acme.uuid)).toEqual({});
        expect(await network.sql('select id from organizations where id = $1', [acme.uuid])).toEqual([]);
        const text = (await everything())[redis ? 'redis' : 'bullmq.job'];
        expect(text).not.toContain(acme.uuid);
      },
      300_000,
    );
  },
);

describe('a purge', () => {
  let network: Network;

  beforeAll(async () => {
    network = await startNetwork();
  }, 60_000);

  afterAll(() => network?.stop());

  it('waits for the pages to be left, for a while and not for ever', async () => {
    const acme = await network.tenant('acme');
    const { page } = await acme.connectPage();
    await network.simulator.post('/__sim/faults', {
      match: { endpoint: 'subscribed_apps', page_id: page.page_id, method: 'DELETE' },
      fault: { type: 'error', http: 500, code: 2, is_transient: true },
    });
    const { id, url } = await ask(acme);
    const [uuid] = await network.sql('select id from organization_purges where organization = $1', [acme.uuid]);
    await expect
      .poll(async () => (await network.sql('select attempts from page_unsubscriptions'))[0]?.attempts, patience)
      .toBe(1);
    expect(await read(acme, url)).toMatchObject({ id, state: 'unsubscribing', pages_left: 1 });
    expect((await rowsOf(network, acme.uuid)).businesses).toBe(1);
    await network.sql(`update organization_purges set asked_at = asked_at - interval '301 seconds' where id = $1`, [
      uuid.id,
    ]);
    await expectFinished(acme, url);
    expect(await rowsOf(network, acme.uuid)).toEqual({});
    await network.simulator.delete('/__sim/faults');
  }, 120_000);

  it('catches what was under way: no request that was faster leaves a row, none is answered with a 500', async () => {
    const acme = await network.tenant('acme');
    const { page } = await acme.connectPage();
    const { owner, path, organization } = acme;
    const comments = network.simulator.post(`/__sim/pages/${page.page_id}/comments/bulk`, {
      count: 200,
      batch_size: 5,
      concurrency: 4,
    });
    const writes = Array.from({ length: 40 }, (_, index) => owner.post(`${path}/businesses`, { name: `B ${index}` }));
    const { url } = await owner.expect(202, owner.post(`${path}/purge`, { confirm: organization.slug }));
    const statuses = (await Promise.all(writes)).map(({ status }) => status);
    expect(new Set([201, 404, ...statuses])).toEqual(new Set([201, 404]));
    await comments;
    await expectFinished(acme, url);
    expect(await rowsOf(network, acme.uuid)).toEqual({});
  }, 120_000);

  it('leaves no key in use: the next tenant of its page has what comes sealed by their own, from the first event on', async () => {
    const acme = await network.tenant('acme');
    const rival = await network.tenant('rival');
    const { page } = await acme.connectPage();
    const write = () => network.simulator.post(`/__sim/pages/${page.page_id}/comments`, { text: 'Hello?' });
    // The api knows the page's route and its key from now on.
    await write();
    await network.settle();
    const { url } = await ask(acme);
    await expectFinished(acme, url);
    const [login] = await network.simulator.logIn(page.personId);
    await rival.connectPage({ page: login! });
    await write();
    const sealedBy = () =>
      network.sql(`select distinct encode(substring(payload from 2 for 16), 'hex')::uuid as key from webhook_events
        where organization_id = '${rival.uuid}'`);
    const keys = await network.sql('select id as key from organization_keys where organization_id = $1', [rival.uuid]);
    await expect.poll(sealedBy, patience).toEqual(keys);
    expect(await rowsOf(network, acme.uuid)).toEqual({});
  }, 120_000);

  it('begins again where a row that refers to the organization came in on the way', async () => {
    const acme = await network.tenant('acme');
    // As a role of no process of ours: nobody waits for its transactions.
    const other = new pg.Client({ connectionString: network.database.adminUrl });
    other.on('error', () => {});
    await other.connect();
    await other.query('begin');
    await other.query(
      `insert into businesses (organization_id, id, name, slug) values ($1, gen_random_uuid(), 'Late', 'late')`,
      [acme.uuid],
    );
    const { url } = await ask(acme);
    const isHeldUp = async () =>
      (
        await network.sql(`select exists (select from pg_stat_activity where wait_event_type = 'Lock'
          and datname = current_database() and query like '%erase_organization%') as held_up`)
      )[0].held_up;
    await expect.poll(isHeldUp, { timeout: 60_000, interval: 20 }).toBe(true);
    await other.query('commit');
    await other.end();
    await expectFinished(acme, url);
    expect(await rowsOf(network, acme.uuid)).toEqual({});
  }, 120_000);
});

/** Every key of a Redis with what it holds. */
async function everyKey(url: string): Promise<string> {
  const { stdout } = await promisify(execFile)('redis-cli', ['-u', url, 'eval', dump, '0'], { maxBuffer: 1e9 });
  return stdout;
}

const dump = `
  local read = { string = {'get'}, hash = {'hgetall'}, list = {'lrange', 0, -1}, set = {'smembers'},
    zset = {'zrange', 0, -1}, stream = {'xrange', '-', '+'} }
  local parts = {}
  for _, key in ipairs(redis.call('keys', '*')) do
    local command = read[redis.call('type', key).ok]
    parts[#parts + 1] = key .. ' ' .. cjson.encode(redis.call(command[1], key, unpack(command, 2)))
  end
  return table.concat(parts, '\\n')`;
