/** What was begun and is waited for later, all together. */
export class UnderWay {
  readonly #promises = new Set<Promise<void>>();
  #failures: unknown[] = [];

  add(promise: Promise<void>): void {
    const noted = promise.catch(error => void this.#failures.push(error)).then(() => void this.#promises.delete(noted));
    this.#promises.add(noted);
  }

  /** @throws what the first of them failed with */
  async end(): Promise<void> {
    await Promise.all(this.#promises);
    if (this.#failures.length > 0) throw this.#failures[0];
  }
}
