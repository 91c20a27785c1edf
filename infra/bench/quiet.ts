import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** Waits before a run while something else keeps the cores busy, within a budget for all runs together. */
export interface Quiet {
  wait(): Promise<void>;
  /** What share of the runs began on a busy machine all the same, in words. */
  summary(): string;
}

const sampleMs = 400;
const busyFrom = 0.2;

/** One thread of ours suffers more from strangers than sixteen backends do: a busy machine bends the ratios. */
export function createQuiet(budgetMs: number): Quiet {
  let left = budgetMs;
  let runs = 0;
  let disturbed = 0;
  return {
    async wait() {
      runs += 1;
      for (;;) {
        const busy = await busyShare();
        if (busy < busyFrom) return;
        left -= sampleMs;
        if (left <= 0) {
          disturbed += 1;
          return;
        }
      }
    },
    summary: () =>
      disturbed === 0
        ? 'the machine was otherwise idle before each run'
        : `OTHER WORK kept the machine busy before ${disturbed} of ${runs} runs: do not trust these figures`,
  };
}

/** The share of all cores that is in use by anybody, over a moment in which we do nothing. */
async function busyShare(): Promise<number> {
  const before = times();
  await sleep(sampleMs);
  const after = times();
  const all = after.all - before.all;
  return all === 0 ? 0 : 1 - (after.idle - before.idle) / all;
}

function times(): { idle: number; all: number } {
  const sum = { idle: 0, all: 0 };
  for (const { times } of cpus()) {
    sum.idle += times.idle;
    sum.all += times.user + times.nice + times.sys + times.idle + times.irq;
  }
  return sum;
}
