import { setTimeout as sleep } from 'node:timers/promises';
import { SimulatorControl } from '@pagekeeper/testing/network/simulator-control';
import type { Timing } from './alternate.ts';
import { median, percentile } from './median.ts';
import type { Result } from './report.ts';
import type { System } from './system.ts';
import type { Tenant } from './tenants.ts';

const perSecond = 200;
const everyMs = 50;
const goalMs = 50;
/** As many of each tenant as share the load without meeting a limit of replies. */
const pagesPerTenant = 10;

/** From the beginning of a post to our answer at Facebook: comments at a steady pace, each in a post of its own. */
export async function benchPostToReply(system: System, tenants: readonly Tenant[], timing: Timing): Promise<Result> {
  const simulator = new SimulatorControl(system.simulatorUrl);
  await simulator.patch('/__sim/app', { callback_url: `http://127.0.0.1:${system.apiPort}/webhooks/facebook` });
  const pageIds = tenants.flatMap(tenant => tenant.pages.slice(0, pagesPerTenant).map(page => page.pageId));
  const worker = await system.startWorker();
  try {
    await writeAndWait(simulator, pageIds, timing.warmUpSeconds);
    const rounds: Float64Array[] = [];
    for (let round = 0; round < timing.rounds; round += 1) {
      await timing.quiet.wait();
      rounds.push(await writeAndWait(simulator, pageIds, timing.seconds));
    }
    const p50s = rounds.map(latencies => percentile(latencies, 0.5));
    const p99s = rounds.map(latencies => percentile(latencies, 0.99));
    const value = median(p50s);
    return {
      measurement: {
        name: 'post-to-reply',
        value: Math.round(value),
        unit: 'ms',
        baseline: 'what it may take',
        baseline_value: goalMs,
        // The shorter the better.
        ratio: Math.round((goalMs / value) * 1_000) / 1_000,
        goal: 1,
      },
      notes: [
        `p50 of each run in ms: ${listMs(p50s)}; p99: ${listMs(p99s)}`,
        `${perSecond} comments a second over ${pageIds.length} pages, a post each; one api, one worker`,
        'by the simulator’s clock: from the beginning of the post to our answer applied; verified: each was answered once',
      ],
    };
  } finally {
    await worker.stop();
  }
}

const listMs = (values: readonly number[]): string => values.map(value => value.toFixed(0)).join('  ');

/** How long each answer took, sorted. @throws Error when one is missing or came twice */
async function writeAndWait(
  simulator: SimulatorControl,
  pageIds: readonly string[],
  seconds: number,
): Promise<Float64Array> {
  const { last_sequence: after } = (await simulator.get('/__sim')).counts;
  const written = await write(simulator, pageIds, seconds);
  const deadline = Date.now() + 60_000;
  for (;;) {
    const { deliveredAt, answeredAt } = await readLedger(simulator, after);
    const answered = [...written].filter(([commentId]) => answeredAt.has(commentId));
    if (answered.length === written.size) {
      return Float64Array.from(answered, ([commentId, changeId]) => {
        const times = answeredAt.get(commentId)!;
        if (times.length > 1) throw new Error(`${commentId} was answered ${times.length} times.`);
        return times[0]! - deliveredAt.get(changeId)!;
      }).sort();
    }
    if (Date.now() > deadline) throw new Error(`Of ${written.size} comments ${answered.length} were answered.`);
    await sleep(500);
  }
}

/** Writes at the pace, page by page. Gives the ids of the changes by those of the comments. */
async function write(
  simulator: SimulatorControl,
  pageIds: readonly string[],
  seconds: number,
): Promise<Map<string, string>> {
  const count = (perSecond * everyMs) / 1_000;
  const changes = new Map<string, string>();
  const underWay: Promise<void>[] = [];
  const start = performance.now();
  for (let tick = 0; tick < (seconds * 1_000) / everyMs; tick += 1) {
    await sleep(Math.max(0, start + tick * everyMs - performance.now()));
    const path = `/__sim/pages/${pageIds[tick % pageIds.length]}/comments/bulk`;
    const made = simulator.post(path, { count, batch_size: 1, concurrency: count });
    underWay.push(
      made.then(({ ids, change_ids }: { ids: string[]; change_ids: string[] }) => {
        for (const [index, id] of ids.entries()) changes.set(id, change_ids[index]!);
      }),
    );
  }
  await Promise.all(underWay);
  return changes;
}

interface LedgerTimes {
  /** When the first attempt began, by change. */
  deliveredAt: Map<string, number>;
  /** When answers were applied, by comment. */
  answeredAt: Map<string, number[]>;
}

type LedgerLine = { sequence: number; at: string; ms: number } & (
  | { type: 'delivery'; change_ids: string[] }
  | { type: 'call'; send: { id: string | null; comment_id: string | null } | null }
);

async function readLedger(simulator: SimulatorControl, from: number): Promise<LedgerTimes> {
  const deliveredAt = new Map<string, number>();
  const answeredAt = new Map<string, number[]>();
  for (let after = from; ; ) {
    const { data, has_more } = await simulator.get(`/__sim/ledger?after=${after}&limit=10000`);
    for (const line of data as LedgerLine[]) {
      const at = Date.parse(line.at);
      if (line.type === 'delivery') {
        for (const id of line.change_ids) if (!deliveredAt.has(id)) deliveredAt.set(id, at - line.ms);
      } else if (line.send?.id && line.send.comment_id) {
        answeredAt.set(line.send.comment_id, [...(answeredAt.get(line.send.comment_id) ?? []), at]);
      }
      after = line.sequence;
    }
    if (!has_more) return { deliveredAt, answeredAt };
  }
}
