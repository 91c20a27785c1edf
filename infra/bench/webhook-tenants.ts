import { randomBytes } from 'node:crypto';
import { alternate, type Timing } from './alternate.ts';
import { describeLoads, type LoadGenerator, type MeasuredLoad } from './load/load.ts';
import { claimPages, insertTenants, pageIdOf } from './many-tenants.ts';
import { listRuns, measure, type Result, thousands } from './report.ts';
import type { System } from './system.ts';
import { countRows, emptyTable } from './webhook-ingest.ts';

const connections = 64;
/** More than can be taken, so that a run ends by the clock. */
const preparedPerSecond = 30_000;
const [few, many] = [10, 10_000];

interface Tools {
  generator: LoadGenerator;
  timing: Timing;
}

/** The same single-change posts to the pages of ten thousand tenants by turns, and to those of ten. */
export async function benchWebhookTenants(system: System, { generator, timing }: Tools): Promise<Result> {
  await insertTenants(system.admin, many, 1);
  await claimPages(system.admin, system.services.vault, many);
  const loads = { few: [] as MeasuredLoad[], many: [] as MeasuredLoad[] };
  const sideOf = (tenants: number, taken: MeasuredLoad[]) => {
    const pageIds = Array.from({ length: tenants }, (_, index) => pageIdOf(index + 1));
    return async (seconds: number): Promise<number> => {
      await emptyTable(system.admin);
      const series = { id: randomBytes(6).toString('hex'), pageIds, startMs: Date.now(), changes: 1 };
      const count = preparedPerSecond * seconds;
      const work = { type: 'deliveries' as const, series, count, appSecret: system.appSecret };
      const load = await generator.run({ port: system.apiPort, connections, seconds, work });
      const stored = await countRows(system.admin);
      if (stored !== load.answers) throw new Error(`${load.answers} changes were acknowledged, ${stored} stored.`);
      taken.push(load);
      return stored / load.seconds;
    };
  };
  const runs = await alternate(timing, sideOf(many, loads.many), sideOf(few, loads.few));
  await emptyTable(system.admin);
  const about = { name: 'tenants-10000', unit: 'changes/s', baseline: `of ${few} tenants`, goal: 0.77 };
  return {
    measurement: measure(about, runs.ours, runs.baseline),
    notes: [
      `runs: of ${thousands(many)} tenants ${listRuns(runs.ours)}; of ${few} ${listRuns(runs.baseline)}`,
      `of ${thousands(many)}: ${describeLoads(loads.many.slice(1), connections)}`,
      `of ${few}: ${describeLoads(loads.few.slice(1), connections)}`,
      'one page each; no worker runs, and each page is nudged; the goal is 1 / 1.3',
    ],
  };
}
