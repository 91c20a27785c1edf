import type { OpenServices } from '@pagekeeper/domain/open-services';
import { asSystem } from '@pagekeeper/domain/tenancy/doors';
import type pg from 'pg';
import { alternate, type Timing } from './alternate.ts';
import { insertTenants } from './many-tenants.ts';
import { listRuns, measure, type Result, thousands } from './report.ts';
import type { System } from './system.ts';

const perTenant = 50;
/** A minute's worth in the larger system: every page is checked about once in nineteen hours. */
const dueLogins = 200;
const duePagesEach = 5;
const batch = 2_000;
const rounds = 7;

/** The scan that finds due logins each minute, where a million pages exist and where ten thousand do: as many are due. */
export async function benchDueScan(system: System, timing: Timing, isQuick: boolean): Promise<Result> {
  const [few, many] = [10_000, isQuick ? 100_000 : 1_000_000];
  const [small, large] = [await fill(system, few), await fill(system, many)];
  const runs = await alternate({ ...timing, rounds: isQuick ? timing.rounds : rounds }, large.run, small.run);
  const about = { name: 'keep-alive-due-scan', unit: 'scans/s', goal: 0.67 };
  return {
    measurement: measure({ ...about, baseline: `of ${thousands(few)} pages` }, runs.ours, runs.baseline),
    notes: [
      `runs: of ${thousands(many)} pages ${listRuns(runs.ours)}; of ${thousands(few)} ${listRuns(runs.baseline)}`,
      `each scan finds ${dueLogins} logins with ${dueLogins * duePagesEach} pages that are due; the goal is 1 / 1.5`,
      `plan: ${large.plan}`,
    ],
  };
}

/** A database with so many pages, and how fast its due logins are found, one scan after the other. */
async function fill(system: System, pages: number) {
  const { admin, services } = await system.anotherDatabase();
  const tenants = pages / perTenant;
  await insertTenants(admin, tenants, perTenant);
  await makeDue(admin, tenants);
  const run = async (seconds: number): Promise<number> => {
    const start = performance.now();
    const end = start + seconds * 1_000;
    let scans = 0;
    for (; performance.now() < end; scans += 1) await scan(services);
    return (scans * 1_000) / (performance.now() - start);
  };
  return { run, plan: await planOf(admin) };
}

/** Some pages of tenants that lie evenly among all. */
async function makeDue(admin: pg.Client, tenants: number): Promise<void> {
  const every = tenants / dueLogins;
  const { rowCount } = await admin.query(
    `update facebook_page_integrations set next_check_at = now() - interval '1 minute'
     where (page_id::bigint - 1000000001) / ${perTenant} % ${every} = 0
       and (page_id::bigint - 1000000001) % ${perTenant} < ${duePagesEach}`,
  );
  if (rowCount !== dueLogins * duePagesEach) throw new Error(`${rowCount} pages are due.`);
  await admin.query('vacuum analyze facebook_page_integrations');
}

async function scan({ database }: OpenServices): Promise<void> {
  const due = await asSystem(database, 'due_logins', batch);
  if (due.length !== dueLogins) throw new Error(`The scan found ${due.length} logins.`);
}

/** How Postgres finds the due pages: by the index on the next check, and by no walk through a table. */
async function planOf(admin: pg.Client): Promise<string> {
  const { rows } = await admin.query(`select prosrc from pg_proc where proname = 'due_logins'`);
  await admin.query('begin; set local role pagekeeper_router');
  const explained = await admin.query(
    `explain (format json) ${rows[0].prosrc.replace('limit batch', `limit ${batch}`)}`,
  );
  await admin.query('rollback');
  const nodes = nodesOf(explained.rows[0]['QUERY PLAN'][0].Plan);
  const scans = nodes.filter(node => node['Relation Name']);
  const ofPages = scans.filter(node => node['Relation Name'] === 'facebook_page_integrations');
  const index = nodes.find(node => node['Index Name'] === 'facebook_page_integrations_due');
  if (!index || ofPages.some(node => node['Node Type'] === 'Seq Scan')) {
    throw new Error(`The due scan goes through the table: ${JSON.stringify(scans)}`);
  }
  return scans.map(node => `${node['Node Type']} ${node['Index Name'] ?? node['Relation Name']}`).join(', ');
}

interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  Plans?: PlanNode[];
}

const nodesOf = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];
