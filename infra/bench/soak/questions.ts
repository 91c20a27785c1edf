import { setTimeout as sleep } from 'node:timers/promises';
import type { SimulatorControl } from '@pagekeeper/testing/network/simulator-control';
import { UnderWay } from '../load/under-way.ts';

const everyMs = 200;
const readEveryMs = 1_000;

type LedgerLine =
  | { type: 'call'; send: { id: string | null; comment_id: string | null; recipient: string | null } | null }
  | { type: 'delivery'; status: number | null; failure: string | null; change_ids: string[] };

/**
 * People who write on the simulator's pages, comments and messages by turns, each person once; and what its ledger says
 * of it: it delivers to us and notes what we send.
 */
export class Questions {
  readonly #simulator: SimulatorControl;
  readonly #pageIds: readonly string[];
  readonly #comments = new Set<string>();
  #messages = 0;
  readonly #acknowledged = new Set<string>();
  /** How often each comment and each person got something. */
  readonly #comment = new Map<string, number>();
  readonly #person = new Map<string, number>();
  readonly #failures = new Map<string, number>();
  #deliveries = 0;
  #sequence = 0;

  constructor(simulator: SimulatorControl, pageIds: readonly string[]) {
    this.#simulator = simulator;
    this.#pageIds = pageIds;
  }

  /** Writes at the pace, and reads the ledger meanwhile, as the simulator forgets the oldest lines. */
  async run(perSecond: number, seconds: number): Promise<void> {
    this.#sequence = (await this.#simulator.get('/__sim')).counts.last_sequence;
    const count = Math.round((perSecond * everyMs) / 1_000);
    const underWay = new UnderWay();
    const start = performance.now();
    let readAt = start;
    for (let tick = 0; tick < (seconds * 1_000) / everyMs; tick += 1) {
      await sleep(Math.max(0, start + tick * everyMs - performance.now()));
      underWay.add(this.#write(tick, count));
      if (performance.now() - readAt < readEveryMs) continue;
      readAt = performance.now();
      await this.#read();
    }
    await underWay.end();
  }

  /** Waits until the simulator has told us everything, and no event is open any more. Gives up after a minute. */
  async settle(isWorkedOff: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + 60_000;
    for (let calm = 0; calm < 3 && Date.now() < deadline; ) {
      const { waiting_changes, waiting_retries, under_way } = (await this.#simulator.get('/__sim')).counts;
      calm = waiting_changes + waiting_retries + under_way === 0 && (await isWorkedOff()) ? calm + 1 : 0;
      await sleep(300);
    }
    await this.#read();
  }

  /** Changes that came with posts which were answered with 200. */
  get acknowledged(): number {
    return this.#acknowledged.size;
  }

  /** Posts of the simulator, and those that were not answered with 200, by status. */
  get deliveries(): { sent: number; failures: ReadonlyMap<string, number> } {
    return { sent: this.#deliveries, failures: this.#failures };
  }

  get counts(): { asked: number; answeredOnce: number; answeredAgain: number } {
    const comments = [...this.#comments].map(id => this.#comment.get(id) ?? 0);
    const people = [...this.#person.values()];
    const all = [...comments, ...people];
    return {
      asked: this.#comments.size + this.#messages,
      answeredOnce: all.filter(times => times === 1).length,
      answeredAgain: all.filter(times => times > 1).length,
    };
  }

  async #write(tick: number, count: number): Promise<void> {
    const pageId = this.#pageIds[tick % this.#pageIds.length];
    const what = tick % 2 === 0 ? 'comments' : 'messages';
    const body = { count, batch_size: count, text: 'Is this in stock? ({n})' };
    const { ids } = await this.#simulator.post(`/__sim/pages/${pageId}/${what}/bulk`, body);
    if (what === 'messages') this.#messages += ids.length;
    else for (const id of ids) this.#comments.add(id);
  }

  async #read(): Promise<void> {
    for (let more = true; more; ) {
      const path = `/__sim/ledger?after=${this.#sequence}&limit=10000`;
      const { data, has_more, forgotten_through } = await this.#simulator.get(path);
      if (forgotten_through > this.#sequence) throw new Error('The simulator forgot lines that were not read yet.');
      for (const line of data as LedgerLine[]) this.#note(line);
      this.#sequence = data.at(-1)?.sequence ?? this.#sequence;
      more = has_more;
    }
  }

  #note(line: LedgerLine): void {
    if (line.type === 'call') {
      const { id, comment_id, recipient } = line.send ?? {};
      if (!id) return;
      if (comment_id) increase(this.#comment, comment_id);
      else if (recipient) increase(this.#person, recipient);
      return;
    }
    this.#deliveries += 1;
    if (line.status === 200) for (const id of line.change_ids) this.#acknowledged.add(id);
    else increase(this.#failures, `POST /webhooks/facebook ${line.status ?? line.failure} (by the simulator)`);
  }
}

function increase(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
