import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { OpenServices } from '@pagekeeper/domain/open-services';
import { Sealed } from '@pagekeeper/domain/vault/sealed';
import { eventIdOf } from '@pagekeeper/domain/webhooks/event-id';
import { payloadOf } from '@pagekeeper/domain/webhooks/webhook-event';
import { type Change, parseDelivery } from '@pagekeeper/facebook/webhook-payload';
import type pg from 'pg';
import { alternate, type Timing } from './alternate.ts';
import { deliveryBody, type Series } from './load/deliveries.ts';
import { describeLoads, type LoadGenerator, type MeasuredLoad } from './load/load.ts';
import { type Pgbench, runPgbench } from './pgbench.ts';
import { listRuns, measure, type Result, thousands } from './report.ts';
import type { System } from './system.ts';
import type { Tenant } from './tenants.ts';

const pagesPerTenant = 5;

interface Kind {
  name: string;
  /** In each post. */
  changes: number;
  connections: number;
  /** Changes; more than can be taken, so that a run ends by the clock. */
  preparedPerSecond: number;
  goal: number;
}

const single: Kind = {
  name: 'webhook-ingest',
  changes: 1,
  // As many as keep the 99th percentile below its 20 ms: the more wait for one commit, the less each costs.
  connections: 128,
  preparedPerSecond: 30_000,
  goal: 1,
};
const batched: Kind = {
  name: 'webhook-ingest-batched',
  changes: 100,
  connections: 16,
  preparedPerSecond: 80_000,
  goal: 2.5,
};

interface Tools {
  generator: LoadGenerator;
  pgbench: Pgbench;
  timing: Timing;
}

/** Signed posts of one change each, against pgbench's single-row inserts into the same table. */
export const benchWebhookIngest = (system: System, tenants: readonly Tenant[], tools: Tools): Promise<Result> =>
  bench(single, system, tenants, tools);

/** Posts of a hundred changes, as Facebook sends them when much happens, against the same. */
export const benchWebhookIngestBatched = (system: System, tenants: readonly Tenant[], tools: Tools): Promise<Result> =>
  bench(batched, system, tenants, tools);

/** What counts is rows in the table; both sides begin each run with an empty table and a checkpoint. */
async function bench(
  { name, changes, connections, preparedPerSecond, goal }: Kind,
  system: System,
  tenants: readonly Tenant[],
  { generator, pgbench, timing }: Tools,
): Promise<Result> {
  const loads: MeasuredLoad[] = [];
  const pages = tenants.flatMap(tenant => tenant.pages.slice(0, pagesPerTenant).map(page => ({ ...page, tenant })));
  let opened = 0;
  let rowBytes = 0;
  let bodyLength = 0;

  const ours = async (seconds: number): Promise<number> => {
    await emptyTable(system.admin);
    const series: Series = {
      id: randomBytes(6).toString('hex'),
      pageIds: pages.map(page => page.pageId),
      startMs: Date.now(),
      changes,
    };
    const count = Math.ceil((preparedPerSecond * seconds) / changes);
    const work = { type: 'deliveries' as const, series, count, appSecret: system.appSecret };
    const load = await generator.run({ port: system.apiPort, connections, seconds, work });
    const stored = await countRows(system.admin);
    const acknowledged = load.answers * changes;
    if (stored !== acknowledged) throw new Error(`${acknowledged} changes were acknowledged, ${stored} stored.`);
    opened += await openSample(system, series, load.answers);
    rowBytes = await meanPayload(system.admin);
    bodyLength = deliveryBody(series, 0).length;
    loads.push(load);
    return stored / load.seconds;
  };

  const baseline = async (seconds: number): Promise<number> => {
    await emptyTable(system.admin);
    const { scripts, variables } = await insertScripts(system.admin, pages, rowBytes);
    // The app role itself may not insert: like our function, a session of the router role does.
    const run = await runPgbench(pgbench, {
      scripts,
      variables,
      url: system.urls.owner,
      role: 'pagekeeper_router',
      seconds,
    });
    const stored = await countRows(system.admin);
    if (stored !== run.transactions) throw new Error(`pgbench says ${run.transactions} rows, the table has ${stored}.`);
    return run.tps;
  };

  const runs = await alternate(timing, ours, baseline);
  await emptyTable(system.admin);
  const counted = loads.slice(1);
  return {
    measurement: measure(
      { name, unit: 'changes/s', baseline: 'pgbench single-row insert', goal },
      runs.ours,
      runs.baseline,
    ),
    notes: [
      `runs: ours ${listRuns(runs.ours)}; pgbench ${listRuns(runs.baseline)}`,
      `ours: ${describeLoads(counted, connections)}`,
      `${tenants.length} tenants, ${pages.length} pages; ${changes} to a post, of ${thousands(bodyLength)} bytes; ${rowBytes} sealed bytes a row, the same for pgbench`,
      `verified: as many rows as acknowledged changes in every run, ${opened} opened and compared with what was sent`,
    ],
  };
}

/** Both sides of a comparison begin with this. */
export async function emptyTable(admin: pg.Client): Promise<void> {
  await admin.query('truncate webhook_events');
  await admin.query('checkpoint');
}

export async function countRows(admin: pg.Client): Promise<number> {
  return (await admin.query('select count(*)::int as count from webhook_events')).rows[0].count;
}

async function meanPayload(admin: pg.Client): Promise<number> {
  const { rows } = await admin.query('select round(avg(octet_length(payload)))::int as bytes from webhook_events');
  return rows[0].bytes;
}

const sampleSize = 50;

/** Opens rows picked at random and compares each with the delivery it came from. */
async function openSample(system: System, series: Series, sent: number): Promise<number> {
  const size = Math.min(sampleSize, sent);
  for (let picked = 0; picked < size; picked += 1) {
    const index = Math.floor(Math.random() * sent);
    const changes = parseDelivery(JSON.parse(deliveryBody(series, index))) ?? [];
    const change = changes[Math.floor(Math.random() * changes.length)];
    if (!change || !(await isStored(system, change))) {
      throw new Error(`Delivery ${index} is not in the table as it was sent.`);
    }
  }
  return size;
}

async function isStored({ admin, services }: System, change: Change): Promise<boolean> {
  const { vault }: OpenServices = services;
  const id = eventIdOf(vault, change);
  const { rows } = await admin.query(
    `select e.payload, k.id, k.organization_id, k.kek_id, k.wrapped
     from webhook_events e join page_claims c on c.organization_id = e.organization_id
       and c.integration_id = e.integration_id
     join organization_keys k on k.organization_id = e.organization_id and k.is_current
     where e.id = $1 and c.page_id = $2`,
    [id, change.pageId],
  );
  if (rows.length !== 1) return false;
  const { payload, ...key } = rows[0];
  const opened = vault.openBytes(vault.unwrap(key), payloadOf(id), Sealed.fromBytes(payload));
  return isDeepStrictEqual(JSON.parse(opened.toString()), change.payload);
}

/** One script a page; the same columns as our function fills, and ids that grow with time as ours do. */
async function insertScripts(
  admin: pg.Client,
  pages: readonly { integrationId: string; tenant: Tenant }[],
  payloadBytes: number,
): Promise<{ scripts: string[]; variables: Record<string, string> }> {
  const { rows } = await admin.query(`select current_setting('server_version_num')::int >= 180000 as has_uuidv7`);
  const id = rows[0].has_uuidv7 ? 'uuidv7()' : timedUuid;
  const scripts = pages.map(
    ({ integrationId, tenant }) =>
      `insert into webhook_events (organization_id, id, integration_id, page_id, kind, person_hash, thread_hash, payload)
values ('${tenant.organizationId}', ${id}, '${integrationId}', '104500000000001', 'message', :person, :thread, :payload);\n`,
  );
  const bytea = (bytes: number) => `\\x${randomBytes(bytes).toString('hex')}`;
  return { scripts, variables: { person: bytea(32), thread: bytea(32), payload: bytea(payloadBytes) } };
}

/** What uuidv7() gives, for a Postgres before 18. */
const timedUuid = `encode(overlay(uuid_send(gen_random_uuid()) placing
  substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6), 'hex')::uuid`;
