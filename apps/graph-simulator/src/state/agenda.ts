// Longer waits than this do not fit into a timer; the agenda then looks again.
const longestTimerMs = 2_000_000_000;

interface Item {
  dueMs: number;
  number: number;
  task: () => void;
}

/** What is to happen at a time of the virtual clock. A task that is due runs at once when the clock is moved past it. */
export class Agenda {
  readonly #nowMs: () => number;
  /** A heap: the next item is the first. */
  readonly #items: Item[] = [];
  #number = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Whether something is due that has not begun yet. */
  get isDue(): boolean {
    const next = this.#items[0];
    return next !== undefined && next.dueMs <= this.#nowMs();
  }

  /** Puts a task on the agenda, in virtual milliseconds. Tasks of the same time run in the order of their making. */
  at(dueMs: number, task: () => void): void {
    this.#number += 1;
    const item = { dueMs, number: this.#number, task };
    this.#items.push(item);
    this.#rise(this.#items.length - 1);
    if (this.#items[0] === item) this.#arm();
  }

  /** Runs what has become due. To be called when the clock was moved. */
  clockMoved(): void {
    this.#arm();
  }

  clear(): void {
    this.#items.length = 0;
    clearTimeout(this.#timer);
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const next = this.#items[0];
    if (!next) return;
    const waitMs = Math.min(Math.max(0, next.dueMs - this.#nowMs()), longestTimerMs);
    this.#timer = setTimeout(() => this.#runDue(), waitMs);
    this.#timer.unref();
  }

  #runDue(): void {
    const nowMs = this.#nowMs();
    // Only what was due when this began: a task may put another on the agenda for now.
    const due: Item[] = [];
    while (this.#items[0] && this.#items[0].dueMs <= nowMs) due.push(this.#takeFirst());
    for (const { task } of due) task();
    this.#arm();
  }

  #takeFirst(): Item {
    const first = this.#items[0]!;
    const last = this.#items.pop()!;
    if (this.#items.length > 0) {
      this.#items[0] = last;
      this.#sink();
    }
    return first;
  }

  #rise(from: number): void {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (this.#isSooner(parent, index)) return;
      this.#swap(parent, index);
      index = parent;
    }
  }

  #sink(): void {
    let index = 0;
    for (;;) {
      let soonest = index;
      for (const child of [2 * index + 1, 2 * index + 2]) {
        if (child < this.#items.length && this.#isSooner(child, soonest)) soonest = child;
      }
      if (soonest === index) return;
      this.#swap(soonest, index);
      index = soonest;
    }
  }

  #isSooner(one: number, other: number): boolean {
    const [left, right] = [this.#items[one]!, this.#items[other]!];
    return left.dueMs === right.dueMs ? left.number < right.number : left.dueMs < right.dueMs;
  }

  #swap(one: number, other: number): void {
    [this.#items[one], this.#items[other]] = [this.#items[other]!, this.#items[one]!];
  }
}
