import { parsePublicId, type Uuid } from '@pagekeeper/domain/ids';
import type { Drain } from '@pagekeeper/domain/replies/drain-lease';
import type { OpenedEvent } from '@pagekeeper/domain/replies/open-event';
import { pendingEvents } from '@pagekeeper/domain/replies/read-events';
import { readConversations, repliesLately } from '@pagekeeper/domain/replies/threads';
import { withTenant } from '@pagekeeper/domain/tenancy/doors';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { Tenant } from '@pagekeeper/testing/network/tenant';
import { afterAll, beforeAll, expect, it } from 'vitest';

let network: Network;

beforeAll(async () => {
  network = await startNetwork({ worker: false });
}, 60_000);

afterAll(() => network?.stop());

it('finds what is pending without going through all that is done, also by a plan that is made once for all pages', async () => {
  const acme = await network.tenant('acme');
  const page = await acme.connectPage();
  const integrationId = parsePublicId('integration', page.id)!;
  await network.sql(
    `insert into webhook_events (organization_id, id, integration_id, kind, payload, page_id, state)
     select $1, app.event_id_at(now() - n * interval '1 second'), $2, 'post', 'x', $3,
       case when n % 1000 = 0 then 'pending' else 'ignored' end
     from generate_series(1, 2000) n`,
    [acme.uuid, integrationId, page.page.page_id],
  );
  await network.sql('analyze webhook_events');
  const plan = await explainPrepared(acme, integrationId);
  expect(rowsRead(plan), JSON.stringify(plan)).toBe(2);
});

it('reads none of what a page answered long ago', async () => {
  const acme = await network.tenant('acme');
  const { id, page } = await acme.connectPage();
  const integrationId = parsePublicId('integration', id)!;
  await network.sql(
    `insert into replies (organization_id, id, integration_id, event_id, page_id, source_id, kind, state, reason,
       sending_at, finished_at, thread_hash)
     select $1, gen_random_uuid(), $2, gen_random_uuid(), $3, n::text, 'public_comment', 'sent', 'Sent.',
       now() - n * interval '2 hours', now() - n * interval '2 hours', sha256(n::text::bytea)
     from generate_series(1, 3000) n`,
    [acme.uuid, integrationId, page.page_id],
  );
  await network.sql(`update replies set sent_id = '2001_' || source_id where organization_id = $1`, [acme.uuid]);
  await network.sql('analyze replies');
  const drain = { organizationId: acme.uuid, integrationId, pageId: page.page_id } as unknown as Drain;
  const incoming = {
    kind: 'comment',
    commentId: '2001_1500',
    fromId: page.page_id,
    parentId: '7',
    createdAt: new Date(),
  };
  const events = [{ incoming, thread: 'ab'.repeat(32) }] as unknown as OpenedEvent[];
  const ctx = network.contextOf({ type: 'user', userId: acme.owner.userId as Uuid });
  await withTenant(ctx, { organization: acme.organization.id }, async tx => {
    const { ownComments } = await readConversations(tx, drain, events, '1');
    expect([...ownComments]).toEqual(['1500']);
    expect(await repliesLately(tx, drain, events)).toEqual({ page: 0, privately: 0, threads: new Map() });
    const { rows } = await tx.raw(`select (seq_tup_read + idx_tup_fetch)::int as read from pg_stat_xact_user_tables
      where schemaname = 'public' and relname = 'replies'`);
    expect(rows).toEqual([{ read: 1 }]);
  });
});

/** The plan that a prepared statement comes to when it has been used often: made without knowing its values. */
async function explainPrepared(tenant: Tenant, integrationId: Uuid): Promise<any> {
  const ctx = network.contextOf({ type: 'user', userId: tenant.owner.userId as Uuid });
  return await withTenant(ctx, { organization: tenant.organization.id }, async tx => {
    const { sql, bindings } = pendingEvents(tx, { integrationId }).toKnexQuery().toSQL().toNative();
    await tx.raw('set local plan_cache_mode = force_generic_plan');
    await tx.raw(`prepare pending_events as ${sql}`);
    const values = bindings.map(value => (typeof value === 'number' ? String(value) : `'${value}'`)).join();
    const { rows } = await tx.raw(`explain (analyze, format json) execute pending_events (${values})`);
    await tx.raw('deallocate pending_events');
    return rows[0]['QUERY PLAN'][0].Plan;
  });
}

/** Those that are thrown away included. */
function rowsRead(node: any): number {
  const isScan = /Scan$/.test(node['Node Type']) && node['Relation Name'];
  const own = isScan ? (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'] : 0;
  return (node.Plans ?? []).reduce((sum: number, child: any) => sum + rowsRead(child), own);
}
