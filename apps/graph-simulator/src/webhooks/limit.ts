/** Lets at most `size` tasks run at once; the others wait in line. */
export class Limit {
  #free: number;
  // Two stacks: a queue that costs the same however long it is.
  #arrived: (() => void)[] = [];
  #next: (() => void)[] = [];

  constructor(size: number) {
    this.#free = size;
  }

  async run<Result>(task: () => Promise<Result>): Promise<Result> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>(resolve => this.#arrived.push(resolve));
    try {
      return await task();
    } finally {
      const next = this.#takeNext();
      if (next) next();
      else this.#free += 1;
    }
  }

  #takeNext(): (() => void) | undefined {
    if (this.#next.length === 0) [this.#next, this.#arrived] = [this.#arrived.reverse(), []];
    return this.#next.pop();
  }
}
