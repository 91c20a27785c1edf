import type { Context } from '@pagekeeper/domain/context';
import { publicId } from '@pagekeeper/domain/ids';
import { listIntegrations, listIntegrationsInput } from '@pagekeeper/domain/integrations/list-integrations';
import type { OpenServices } from '@pagekeeper/domain/open-services';
import { alternate, type Timing } from './alternate.ts';
import { idOf, insertTenants } from './many-tenants.ts';
import { clients } from './pgbench.ts';
import { listRuns, measure, type Result, thousands } from './report.ts';
import type { System } from './system.ts';

const perTenant = 50;
const rounds = 7;

/** The same list, by the verb alone, of a system of a thousand integrations and of one of a million. */
export async function benchTenantListScale(system: System, timing: Timing, isQuick: boolean): Promise<Result> {
  const [few, many] = [1_000, isQuick ? 20_000 : 1_000_000];
  const [small, large] = [await fill(system, few), await fill(system, many)];
  const runs = await alternate({ ...timing, rounds: isQuick ? timing.rounds : rounds }, large.run, small.run);
  const about = { name: 'tenant-list-scale', unit: 'lists/s', goal: 0.833 };
  return {
    measurement: measure({ ...about, baseline: `of ${thousands(few)} integrations` }, runs.ours, runs.baseline),
    notes: [
      `runs: of ${thousands(many)} integrations ${listRuns(runs.ours)}; of ${thousands(few)} ${listRuns(runs.baseline)}`,
      `each call lists the ${perTenant} of a tenant drawn at random; the goal is 1 / 1.2`,
    ],
  };
}

/** A database with so many integrations, and how fast their tenants' lists are. */
async function fill(system: System, integrations: number) {
  const { admin, services } = await system.anotherDatabase();
  const tenants = integrations / perTenant;
  await insertTenants(admin, tenants, perTenant);
  const run = async (seconds: number): Promise<number> => {
    const start = performance.now();
    const end = start + seconds * 1_000;
    let answers = 0;
    const call = async () => {
      while (performance.now() < end) {
        await list(services, Math.trunc(Math.random() * tenants) + 1);
        answers += 1;
      }
    };
    await Promise.all(Array.from({ length: clients }, call));
    return (answers * 1_000) / (performance.now() - start);
  };
  return { run };
}

async function list(services: OpenServices, tenant: number): Promise<void> {
  const ctx: Context = { ...services, actor: { type: 'user', userId: idOf('user', tenant) }, requestId: 'bench' };
  const organization = publicId('organization', idOf('organization', tenant));
  const input = listIntegrationsInput.parse({ limit: perTenant });
  const { text } = await listIntegrations(ctx, { organization, ...input });
  if (text.split('"page_id":').length !== perTenant + 1) throw new Error('The list has not the rows that were made.');
}
