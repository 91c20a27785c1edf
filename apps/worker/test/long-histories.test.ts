import { parsePublicId, type Uuid } from '@pagekeeper/domain/ids';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import { afterAll, beforeAll, expect, it } from 'vitest';

const history = 20_000;
const strangers = 30_000;

let network: Network;

beforeAll(async () => {
  network = await startNetwork({ worker: false });
}, 60_000);

afterAll(() => network?.stop());

it('a page with a long history among thousands of tenants with short ones is answered, and listed, without reading it', async () => {
  const acme = await network.tenant('acme');
  const { id, page } = await acme.connectPage();
  await writeHistories(acme.uuid, parsePublicId('integration', id)!, page.page_id);
  // As a worker comes to after some drains: plans that are made once, for all tenants.
  await network.sql(`alter database ${network.database.name} set plan_cache_mode = force_generic_plan`);
  const before = await rowsRead();
  const worker = await network.startWorker();
  await network.simulator.post(`/__sim/pages/${page.page_id}/comments/bulk`, { count: 40, batch_size: 10 });
  await network.settle();
  for (const list of ['events', 'events?state=processed', 'replies', 'replies?state=sent', 'replies?state=rejected']) {
    const path = `/v1/organizations/${acme.organization.id}/${list}${list.includes('?') ? '&' : '?'}integration=${id}`;
    expect(await acme.owner.get(path)).toMatchObject({ status: 200 });
  }
  // A session tells what it read when it ends.
  await Promise.all([worker.stop(), network.api.stop()]);
  const [sent] = await network.sql(
    `select count(*)::int from replies where organization_id = $1 and state = 'sent' and sending_at > now() - interval '1 hour'`,
    [acme.uuid],
  );
  expect(sent.count).toBe(40);
  const after = await rowsRead();
  const read = [...after].map(([table, rows]): [string, number] => [table, rows - (before.get(table) ?? 0)]);
  expect(Math.max(...read.map(([, rows]) => rows)), JSON.stringify(read)).toBeLessThan(history / 4);
});

/** Answered comments and conversations of a person's: many of one page, and two of each of many other tenants. */
async function writeHistories(organization: Uuid, integration: Uuid, pageId: string): Promise<void> {
  await network.sql(`
    set session_replication_role = replica;
    create temporary table past as
      select '${organization}'::uuid as organization_id, '${integration}'::uuid as integration_id, '${pageId}' as page_id,
        n, app.event_id_at(now() - n * interval '1 second' - interval '2 hours') as id from generate_series(1, ${history}) n
      union all
      select md5('organization ' || n / 2)::uuid, md5('integration ' || n / 2)::uuid, 'page ' || n / 2,
        n, app.event_id_at(now() - n * interval '1 second' - interval '2 hours') from generate_series(1, ${strangers}) n;
    insert into webhook_events (organization_id, id, integration_id, page_id, kind, thread_hash, payload, state)
      select organization_id, id, integration_id, page_id, 'comment.add', sha256(n::text::bytea), 'x', 'processed' from past;
    insert into replies (organization_id, id, integration_id, event_id, page_id, source_id, kind, state, reason, sent_id,
        sent_comment, sending_at, finished_at, thread_hash)
      select organization_id, id, integration_id, id, page_id, 'source ' || n, 'public_comment', 'sent', 'Sent.', n, n,
        now() - interval '2 hours', now() - interval '2 hours', sha256(n::text::bytea) from past;
    insert into threads (organization_id, integration_id, thread_hash, human_until)
      select organization_id, integration_id, sha256(n::text::bytea), now() - interval '1 hour' from past;
    set session_replication_role = origin;
    drop table past;
    analyze;`);
}

async function rowsRead(): Promise<Map<string, number>> {
  const rows = await network.sql(
    `select relname, (seq_tup_read + coalesce(idx_tup_fetch, 0))::int as rows from pg_stat_user_tables
     where relname in ('replies', 'threads') or relname like 'webhook_events_%'`,
  );
  return new Map(rows.map(({ relname, rows: count }) => [relname, count]));
}
