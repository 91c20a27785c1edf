import type { Context } from '@pagekeeper/domain/context';
import { listIntegrations, listIntegrationsInput } from '@pagekeeper/domain/integrations/list-integrations';
import type { UserActor } from '@pagekeeper/domain/tenancy/actor';
import { doorOf } from '@pagekeeper/domain/tenancy/doors';
import pg from 'pg';
import { alternate, type Timing } from './alternate.ts';
import { describeLoads, type LoadGenerator, type MeasuredLoad } from './load/load.ts';
import { median } from './median.ts';
import { clients, type Pgbench, runPgbench } from './pgbench.ts';
import { listRuns, measure, type Result } from './report.ts';
import type { System } from './system.ts';
import { getText, type Tenant } from './tenants.ts';

export const pagesInList = 50;

export interface ListBench {
  /** What the requests show: a person's session, or a program's API key. */
  by: 'session' | 'key';
  generator: LoadGenerator;
  pgbench: Pgbench;
  timing: Timing;
}

/** GET of 50 integrations with their pages' details over HTTP, against pgbench's same transaction. */
export async function benchTenantList(
  system: System,
  tenants: readonly Tenant[],
  { by, generator, pgbench, timing }: ListBench,
): Promise<Result> {
  const bodies = await readLists(system, tenants);
  const script = await listScripts(system, tenants);
  const loads: MeasuredLoad[] = [];
  const requests = tenants.map((tenant, index) => ({
    path: pathOf(tenant),
    credentials:
      by === 'key' ? (`Authorization: Bearer ${tenant.key}` as const) : (`Cookie: ${tenant.cookie}` as const),
    body: bodies[index]!,
  }));
  const ours = async (seconds: number): Promise<number> => {
    const work = { type: 'gets' as const, requests };
    const load = await generator.run({ port: system.apiPort, connections: clients, seconds, work });
    loads.push(load);
    return load.answers / load.seconds;
  };
  const baseline = async (seconds: number): Promise<number> =>
    (await runPgbench(pgbench, { ...script, url: system.urls.app, seconds })).tps;

  const runs = await alternate(timing, ours, baseline);
  const counted = loads.slice(1);
  const compared = counted.reduce((sum, { answers }) => sum + answers, 0);
  return {
    measurement: measure(
      {
        name: by === 'key' ? 'tenant-list-key' : 'tenant-list',
        unit: 'lists/s',
        baseline: 'pgbench, the same transaction',
        goal: by === 'key' ? 0.35 : 0.25,
      },
      runs.ours,
      runs.baseline,
    ),
    notes: [
      `runs: ours ${listRuns(runs.ours)}; pgbench ${listRuns(runs.baseline)}`,
      `ours: ${describeLoads(counted, clients)}`,
      `${tenants.length} tenants with ${pagesInList} pages each, a real ${by} each; ${Buffer.byteLength(bodies[0]!)} bytes an answer`,
      `verified: each tenant's own rows, a stranger gets 404, and all ${compared} answers byte by byte`,
    ],
  };
}

/** The verb alone, in this process and with 16 calls under way: what the list costs below HTTP and sessions. */
export async function benchTenantListVerb(
  system: System,
  tenants: readonly Tenant[],
  { pgbench, timing }: Pick<ListBench, 'pgbench' | 'timing'>,
): Promise<Result> {
  const bodies = await readLists(system, tenants);
  const script = await listScripts(system, tenants);
  const cpuUs: number[] = [];
  const ours = async (seconds: number): Promise<number> => {
    const cpuBefore = process.cpuUsage();
    const start = performance.now();
    const end = start + seconds * 1_000;
    let answers = 0;
    const call = async (index: number) => {
      while (performance.now() < end) {
        const text = await callVerb(system, tenants[index]!);
        if (text !== bodies[index]) throw new Error('The verb gave another list than the api.');
        answers += 1;
      }
    };
    await Promise.all(Array.from({ length: clients }, (_, index) => call(index % tenants.length)));
    const { user, system: kernel } = process.cpuUsage(cpuBefore);
    cpuUs.push((user + kernel) / answers);
    return (answers * 1_000) / (performance.now() - start);
  };
  const baseline = async (seconds: number): Promise<number> =>
    (await runPgbench(pgbench, { ...script, url: system.urls.app, seconds })).tps;

  const runs = await alternate(timing, ours, baseline);
  return {
    measurement: measure(
      { name: 'tenant-list-verb', unit: 'lists/s', baseline: 'pgbench, the same transaction', goal: 0.85 },
      runs.ours,
      runs.baseline,
    ),
    notes: [
      `runs: ours ${listRuns(runs.ours)}; pgbench ${listRuns(runs.baseline)}`,
      `${median(cpuUs.slice(1)).toFixed(0)} us of this process's CPU a list`,
    ],
  };
}

/** What row level security costs: pgbench's transaction as the app role, and as the superuser whom no policy binds. */
export async function benchPolicies(
  system: System,
  tenants: readonly Tenant[],
  { pgbench, timing }: Pick<ListBench, 'pgbench' | 'timing'>,
): Promise<Result> {
  await readLists(system, tenants);
  const script = await listScripts(system, tenants);
  const as = (url: string) => async (seconds: number) => (await runPgbench(pgbench, { ...script, url, seconds })).tps;
  const runs = await alternate(timing, as(system.urls.app), as(system.adminUrl));
  return {
    measurement: measure(
      { name: 'tenant-list-rls', unit: 'lists/s', baseline: 'the same without policies', goal: 0.85 },
      runs.ours,
      runs.baseline,
    ),
    notes: [`runs: with policies ${listRuns(runs.ours)}; without ${listRuns(runs.baseline)}`],
  };
}

const pathOf = ({ organization }: Tenant) => `/v1/organizations/${organization}/integrations?limit=${pagesInList}`;

interface ShownIntegration {
  id: string;
  facebook_page: { page_id: string; status: string };
}

/** Each tenant's answer, after it was compared with what the tenant made. */
async function readLists(system: System, tenants: readonly Tenant[]): Promise<string[]> {
  const bodies = [];
  for (const [index, tenant] of tenants.entries()) {
    const body = await getText(system, pathOf(tenant), tenant.cookie);
    const { data } = JSON.parse(body) as { data: ShownIntegration[] };
    const shown = data.map(({ facebook_page }) => facebook_page.page_id).sort();
    const made = tenant.pages.map(({ pageId }) => pageId).sort();
    if (shown.length !== pagesInList || shown.join() !== made.join()) {
      throw new Error(`The list has ${shown.length} rows, and not the tenant's own ${pagesInList}.`);
    }
    const stranger = tenants[(index + 1) % tenants.length]!;
    if (stranger !== tenant) await getText(system, pathOf(tenant), stranger.cookie, 404);
    bodies.push(body);
  }
  return bodies;
}

const actorOf = ({ ownerId }: Tenant): UserActor => ({ type: 'user', userId: ownerId });

async function callVerb({ services }: System, tenant: Tenant): Promise<string> {
  const ctx: Context = { ...services, actor: actorOf(tenant), requestId: 'bench' };
  const input = listIntegrationsInput.parse({ limit: pagesInList });
  return (await listIntegrations(ctx, { organization: tenant.organization, ...input })).text;
}

/** pgbench's version of the request: the very door and list that the verb sends, the list's parameters as parameters. */
async function listScripts(
  system: System,
  tenants: readonly Tenant[],
): Promise<{ scripts: string[]; variables: Record<string, string> }> {
  const variables: Record<string, string> = {};
  const scripts: string[] = [];
  for (const [index, tenant] of tenants.entries()) {
    const { text, values } = await overhear(system, tenant);
    const name = (parameter: string | number) => `t${index}_${parameter}`;
    for (const [position, value] of values.entries()) variables[name(position + 1)] = String(value);
    // pgbench takes ":id" for a variable of its own even in a quoted name.
    const select = text.replaceAll(/"(\w+):(\w+)"/g, '"$1_$2"').replaceAll(/\$(\d+)/g, (_, n: string) => `:${name(n)}`);
    const door = doorOf(actorOf(tenant), { organization: tenant.organization });
    scripts.push(`begin read only;
${door};
${select};
commit;
`);
  }
  return { scripts, variables };
}

interface SentQuery {
  text: string;
  values: readonly unknown[];
}

/** Runs the verb and listens to what is sent to Postgres, whichever way it is sent. */
async function overhear(system: System, tenant: Tenant): Promise<SentQuery> {
  const sent: SentQuery[] = [];
  const { query } = pg.Client.prototype;
  pg.Client.prototype.query = function listening(this: pg.Client, ...words: unknown[]) {
    const { text, values = [] } = (words[0] ?? {}) as Partial<SentQuery>;
    if (text && /from "integrations"/.test(text)) sent.push({ text, values });
    return (query as (...words: unknown[]) => unknown).apply(this, words);
  } as typeof query;
  try {
    await callVerb(system, tenant);
  } finally {
    pg.Client.prototype.query = query;
  }
  if (sent.length !== 1) throw new Error(`The list was expected in one statement, it took ${sent.length}.`);
  return sent[0]!;
}
