import { readFileSync } from 'node:fs';
import { median } from './median.ts';
import type { Result } from './report.ts';

/** What is left of the beginning's share at the end; the collector of garbage is not punctual to the megabyte. */
const goal = 0.9;

interface Sample {
  apiMb: number;
  workerMb: number;
}

/** What api and worker hold in memory, looked at again and again. */
export class ResidentMemory {
  readonly #pids: { api: number; worker: number };
  readonly #samples: Sample[] = [];

  constructor(pids: { api: number; worker: number }) {
    this.#pids = pids;
  }

  sample(): void {
    this.#samples.push({ apiMb: residentMb(this.#pids.api), workerMb: residentMb(this.#pids.worker) });
  }

  /** The end against the beginning: the flatter the nearer to one. */
  describe(name: string): Result {
    const sum = (some: readonly Sample[]) => median(some.map(({ apiMb, workerMb }) => apiMb + workerMb));
    const tenth = Math.ceil(this.#samples.length / 10);
    // The first tenth fills caches and pools.
    const [early, late] = [sum(this.#samples.slice(tenth, 2 * tenth)), sum(this.#samples.slice(-tenth))];
    const last = this.#samples.at(-1)!;
    return {
      measurement: {
        name,
        value: Math.round(late),
        unit: 'MB',
        baseline: 'after a tenth of the time',
        baseline_value: Math.round(early),
        ratio: Math.round((early / late) * 1_000) / 1_000,
        goal,
      },
      notes: [`resident at the end: api ${last.apiMb.toFixed(0)} MB, worker ${last.workerMb.toFixed(0)} MB`],
    };
  }
}

function residentMb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1_024;
}
