import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Timing } from './alternate.ts';
import type { LoadGenerator } from './load/load.ts';
import { type Result, thousands } from './report.ts';
import { ResidentMemory } from './resident.ts';
import type { System } from './system.ts';
import type { Tenant } from './tenants.ts';
import { countRows, emptyTable } from './webhook-ingest.ts';

const connections = 64;
const pagesPerTenant = 5;
/** So that the disk does not fill up. */
const emptyEveryMs = 60_000;

/** What api and worker hold, over ten minutes in which half as much comes as could be taken. Every event is decided. */
export async function benchMemory(
  system: System,
  tenants: readonly Tenant[],
  { generator, timing }: { generator: LoadGenerator; timing: Timing },
  isQuick: boolean,
): Promise<Result> {
  const seconds = isQuick ? 20 : 600;
  // Messages are then decided about and not answered: Facebook is not what is measured.
  await system.admin.query(`update integrations set config = config || '{"auto_reply":false}', version = version + 1`);
  const pageIds = tenants.flatMap(({ pages }) => pages.slice(0, pagesPerTenant).map(({ pageId }) => pageId));
  const deliver = (limit: number, count: number) => {
    const series = { id: randomBytes(6).toString('hex'), pageIds, startMs: Date.now(), changes: 1 };
    const work = { type: 'deliveries' as const, series, count, appSecret: system.appSecret };
    return generator.run({ port: system.apiPort, connections, seconds: limit, work });
  };
  const full = await deliver(timing.warmUpSeconds, timing.warmUpSeconds * 30_000);
  const perSecond = Math.floor(full.answers / full.seconds / 2);
  const worker = await system.startWorker();
  const memory = new ResidentMemory({ api: system.apiPid, worker: worker.pid });
  let taken = 0;
  const start = performance.now();
  for (let second = 0; second < seconds; second += 1) {
    await sleep(Math.max(0, start + second * 1_000 - performance.now()));
    taken += (await deliver(10, perSecond)).answers;
    memory.sample();
    if ((second * 1_000) % emptyEveryMs === 0) await system.admin.query('truncate webhook_events, replies');
  }
  const left = await countRows(system.admin);
  await worker.stop();
  await emptyTable(system.admin);
  const { measurement, notes } = memory.describe('memory');
  return {
    measurement,
    notes: [
      ...notes,
      `${thousands(perSecond)} posts a second were to come for ${seconds} s; ${thousands(taken)} came, the last ${thousands(left)} were in the table`,
    ],
  };
}
