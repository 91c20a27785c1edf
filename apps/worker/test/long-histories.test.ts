import { parsePublicId, type Uuid } from '@pagekeeper/domain/ids';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { Tenant } from '@pagekeeper/testing/network/tenant';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const history = 20_000;
const strangers = 30_000;

let network: Network;
let acme: Tenant;
let integration: string;
let pageId: string;

beforeAll(async () => {
  network = await startNetwork({ worker: false });
  acme = await network.tenant('acme');
  const { id, page } = await acme.connectPage();
  [integration, pageId] = [id, page.page_id];
  // As a worker comes to after some drains: plans that are made once, for all tenants.
  await network.sql(`alter database ${network.database.name} set plan_cache_mode = force_generic_plan`);
}, 120_000);

afterAll(() => network?.stop());

describe('the first page of an installation', () => {
  it('is answered in the first minute, before anything is known of any table, at a cost that does not grow', async ({
    skip,
  }) => {
    const [{ server_version_num: version }] = await network.sql('show server_version_num');
    skip(Number(version) < 180_000, 'Nobody can tell the planner before Postgres 18.');
    const [replies] = await network.sql(`select reltuples from pg_class where oid = 'replies'::regclass`);
    expect(replies).toEqual({ reltuples: -1 });
    const read = await rowsReadBy(() => comment(600));
    expect(read.get('replies')).toBeGreaterThan(600);
    expect(Math.max(...read.values()), JSON.stringify([...read])).toBeLessThan(600 * 50);
  }, 90_000);
});

describe('a page with a long history among thousands of tenants with short ones', () => {
  beforeAll(() => writeHistories(acme.uuid, parsePublicId('integration', integration)!), 120_000);

  it('is answered without reading it', async () => {
    const read = await rowsReadBy(() => comment(40));
    expect(read.get('replies')).toBeGreaterThan(40);
    expect(Math.max(...read.values()), JSON.stringify([...read])).toBeLessThan(history / 4);
  });

  it('is listed without reading it', async () => {
    const read = await rowsReadBy(async () => {
      for (const list of [
        'events?',
        'events?state=processed',
        'replies?',
        'replies?state=sent',
        'replies?state=rejected',
      ]) {
        const path = `/v1/organizations/${acme.organization.id}/${list}&integration=${integration}`;
        expect(await acme.owner.get(path)).toMatchObject({ status: 200 });
      }
    });
    expect(read.get('replies')).toBeGreaterThan(40);
    expect(Math.max(...read.values()), JSON.stringify([...read])).toBeLessThan(history / 4);
  });

  it('is answered in a new week, of which nothing is known yet, at a cost that does not grow with it', async () => {
    await network.moveClock(7 * 24);
    const read = await rowsReadBy(() => comment(600));
    expect(read.get('replies')).toBeGreaterThan(600);
    // Some thirty of each comment: its event and that of our answer.
    expect(Math.max(...read.values()), JSON.stringify([...read])).toBeLessThan(600 * 50);
  }, 90_000);

  it('is looked through for what is rare in it, or not in it at all, without reading the rest', async () => {
    await network.sql(`update webhook_events set state = 'ignored' where organization_id = $1`, [acme.uuid]);
    await network.sql('analyze webhook_events');
    // As an api comes to: each list is planned for what it asks for.
    await network.api.stop();
    await network.sql(`alter database ${network.database.name} reset plan_cache_mode`);
    await network.startApi();
    const narrowed = ['kind=mention', 'kind=mention&state=ignored', 'kind=policy&since=2020-01-01T00:00:00Z'];
    const read = await rowsReadBy(async () => {
      for (const filter of [...narrowed, 'state=processed', 'state=failed', 'state=parked']) {
        const path = `/v1/organizations/${acme.organization.id}/events?${filter}`;
        expect((await acme.owner.get(path)).body.data).toEqual([]);
      }
    });
    expect(Math.max(...read.values()), JSON.stringify([...read])).toBeLessThan(history / 4);
  });
});

/** So many comments under posts of the page, and an answer to each. */
async function comment(count: number): Promise<void> {
  const answered = async () => {
    const [sent] = await network.sql(
      `select count(*)::int from replies where organization_id = $1 and integration_id = $2 and state = 'sent'
         and sending_at > now() - interval '1 hour'`,
      [acme.uuid, parsePublicId('integration', integration)],
    );
    return sent.count;
  };
  const before = await answered();
  const path = `/__sim/pages/${pageId}/comments/bulk`;
  await network.simulator.post(path, { count, batch_size: 10, concurrency: 4 });
  await network.settle(60_000);
  expect(await answered()).toBe(before + count);
}

/** Answered comments and conversations of a person's: many of our page, and two of each of many other tenants. */
async function writeHistories(organization: Uuid, integrationId: Uuid): Promise<void> {
  await network.sql(`
    set session_replication_role = replica;
    create temporary table past as
      select '${organization}'::uuid as organization_id, '${integrationId}'::uuid as integration_id,
        '${pageId}' as page_id, n from generate_series(1, ${history}) n
      union all
      select md5('organization ' || n / 2)::uuid, md5('integration ' || n / 2)::uuid, 'page ' || n / 2, n
        from generate_series(1, ${strangers}) n;
    alter table past add id uuid, add ended timestamptz default now() - interval '2 hours';
    update past set id = app.event_id_at(ended - n * interval '1 second');
    insert into webhook_events (organization_id, id, integration_id, page_id, kind, thread_hash, payload, state)
      select organization_id, id, integration_id, page_id, 'comment.add', sha256(n::text::bytea), 'x', 'processed'
      from past;
    insert into replies (organization_id, id, integration_id, event_id, page_id, source_id, kind, state, reason, sent_id,
        sent_comment, sending_at, finished_at, thread_hash)
      select organization_id, id, integration_id, id, page_id, 'source ' || n, 'public_comment', 'sent', 'Sent.', n, n,
        ended, ended, sha256(n::text::bytea) from past;
    insert into threads (organization_id, integration_id, thread_hash, human_until)
      select organization_id, integration_id, sha256(n::text::bytea), ended from past;
    set session_replication_role = origin;
    drop table past;
    -- As autovacuum does: weeks without events stay unknown.
    analyze replies, threads, integrations, facebook_page_integrations;
    do $$ declare week regclass; begin
      for week in select distinct tableoid::regclass from webhook_events loop execute format('analyze %s', week); end loop;
    end $$;`);
}

/** Of each table with a history: rows that statements looked at, whether or not they wanted them. */
async function rowsReadBy(work: () => Promise<void>): Promise<Map<string, number>> {
  const before = await rowsRead();
  const worker = await network.startWorker();
  await work();
  await Promise.all([worker.stop(), network.api.stop()]);
  // A session tells what it read when it ends, and PgBouncer keeps its own.
  await network.sql(
    `select pg_terminate_backend(pid, 10000) from pg_stat_activity
     where datname = current_database() and usename = 'pagekeeper_app'`,
  );
  await network.startApi();
  return new Map([...(await rowsRead())].map(([table, rows]) => [table, rows - before.get(table)!]));
}

async function rowsRead(): Promise<Map<string, number>> {
  const rows = await network.sql(
    `select relname, (seq_tup_read + coalesce(idx_tup_fetch, 0))::int as rows from pg_stat_user_tables
     where relname in ('replies', 'threads') or relname like 'webhook_events_%'`,
  );
  return new Map(rows.map(({ relname, rows: count }) => [relname, count]));
}
