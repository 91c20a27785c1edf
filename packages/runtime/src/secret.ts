import { inspect } from 'node:util';

/**
 * A value that must never be printed: tokens, app secrets, message texts.
 * `toString`, `toJSON` and `util.inspect` all give `[sealed]`; only `reveal()` gives the value.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself. Call it as late as possible: where it is sent or sealed. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[sealed]';
  }

  toJSON(): string {
    return '[sealed]';
  }

  [inspect.custom](): string {
    return '[sealed]';
  }
}
