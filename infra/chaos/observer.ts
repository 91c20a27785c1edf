import { setTimeout as sleep } from 'node:timers/promises';
import { eventIdOf } from '@pagekeeper/domain/webhooks/event-id';
import { parseDelivery } from '@pagekeeper/facebook/webhook-payload';
import type { System } from './system.ts';

/** What the simulator saw: what it told us, what we said 200 to, and what we sent. */
export interface Observed {
  /** Every change that it tried to deliver, by its own id. */
  sent: ReadonlyMap<string, SentChange>;
  /** Ids of changes that came with a delivery which was answered with 200. */
  acknowledged: ReadonlySet<string>;
  /** How often each target got something, as the simulator applied it. */
  sends: ReadonlyMap<string, number>;
  /** Answers to deliveries, by status or the kind of failure. */
  answers: ReadonlyMap<string, number>;
}

export interface SentChange {
  /** Which row it must be. */
  eventId: string;
  /** Somebody's question; null for everything that nobody answers. */
  question: Question | null;
}

export interface Question {
  /** What `replies.source_id` says. */
  sourceId: string;
  /** Whom an answer goes to. */
  target: string;
}

interface RecordedChange {
  id: string;
  page_id: string;
  list: 'changes' | 'messaging' | 'standby';
  field: string;
  value: Told;
}

/** What tells questions from the rest. */
interface Told {
  item?: string;
  verb?: string;
  comment_id?: string;
  from?: { id: string };
  sender?: { id: string };
  message?: { mid: string; is_echo?: boolean };
}

type LedgerLine =
  | { type: 'call'; send: { id: string | null; comment_id: string | null; recipient: string | null } | null }
  | { type: 'delivery'; status: number | null; failure: string | null; change_ids: string[] };

const everyMs = 3_000;
const page = 10_000;

/** Reads the simulator's ledger while it is written, as the simulator forgets the oldest lines. */
export class Observer implements Observed {
  readonly sent = new Map<string, SentChange>();
  readonly acknowledged = new Set<string>();
  readonly sends = new Map<string, number>();
  readonly answers = new Map<string, number>();
  readonly #system: System;
  readonly #known = new Map<string, SentChange>();
  #changes = 0;
  #sequence = 0;
  #stopped = false;
  #reading: Promise<void> = Promise.resolve();
  #running: Promise<void> = Promise.resolve();

  constructor(system: System) {
    this.#system = system;
  }

  /** Reads on and on, until `stop`. What happened before is left out. */
  async start(): Promise<void> {
    const { counts } = await this.#system.simulator.get('/__sim');
    this.#changes = counts.changes;
    this.#sequence = counts.last_sequence;
    const run = async () => {
      while (!this.#stopped) {
        await this.read();
        await sleep(everyMs);
      }
    };
    this.#running = run();
    this.#running.catch(() => {});
  }

  /** @throws what reading failed with */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
    await this.read();
  }

  /** Reads what there is by now; one after the other. */
  read(): Promise<void> {
    this.#reading = this.#reading.then(() => this.#readOn());
    return this.#reading;
  }

  async #readOn(): Promise<void> {
    for (;;) {
      const { data, has_more, forgotten_through } = await this.#system.simulator.get(
        `/__sim/ledger?after=${this.#sequence}&limit=${page}`,
      );
      if (forgotten_through > this.#sequence) throw new Error('The simulator forgot lines that were not read yet.');
      // What a delivery carries was recorded before it.
      await this.#readChanges();
      for (const line of data as LedgerLine[]) this.#note(line);
      this.#sequence = data.at(-1)?.sequence ?? this.#sequence;
      if (!has_more) return;
    }
  }

  async #readChanges(): Promise<void> {
    let all: number;
    do {
      const path = `/__sim/changes?after=${this.#changes}&limit=${page}`;
      const { data, total, forgotten } = await this.#system.simulator.get(path);
      if (forgotten > this.#changes) throw new Error('The simulator forgot changes that were not read yet.');
      for (const change of data as RecordedChange[]) this.#known.set(change.id, this.#describe(change));
      this.#changes += data.length;
      all = total;
    } while (this.#changes < all);
  }

  #note(line: LedgerLine): void {
    if (line.type === 'call') {
      const { send } = line;
      if (!send || send.id === null) return;
      increase(this.sends, send.comment_id === null ? `recipient ${send.recipient}` : `comment ${send.comment_id}`);
      return;
    }
    increase(this.answers, String(line.status ?? line.failure));
    for (const id of line.change_ids) {
      const change = this.#known.get(id);
      // Of before the start.
      if (!change) continue;
      this.sent.set(id, change);
      if (line.status === 200) this.acknowledged.add(id);
    }
  }

  #describe(recorded: RecordedChange): SentChange {
    const { page_id, list, field, value } = recorded;
    const item = list === 'changes' ? { field, value } : value;
    const [change] = parseDelivery({ object: 'page', entry: [{ id: page_id, [list]: [item] }] }) ?? [];
    if (!change) throw new Error('The simulator recorded a change that is none.');
    return { eventId: eventIdOf(this.#system.vault, change), question: questionIn(page_id, recorded) };
  }
}

/** By the simulator's own words, not by our reader's. */
function questionIn(pageId: string, { field, list, value }: RecordedChange): Question | null {
  const { item, verb, comment_id, from, sender, message } = value;
  if (field === 'feed' && item === 'comment' && verb === 'add' && comment_id && from?.id !== pageId) {
    return { sourceId: comment_id.slice(comment_id.lastIndexOf('_') + 1), target: `comment ${comment_id}` };
  }
  if (list === 'messaging' && message && !message.is_echo && sender) {
    return { sourceId: message.mid, target: `recipient ${sender.id}` };
  }
  return null;
}

function increase(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
