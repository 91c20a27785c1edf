import { inspect } from 'node:util';

/** An encrypted column's value. Prints as `[sealed]`; the bytes go to the database and to the vault, nowhere else. */
export class Sealed {
  readonly #bytes: Buffer;

  private constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  static fromBytes(bytes: Uint8Array): Sealed {
    return new Sealed(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }

  bytes(): Buffer {
    return this.#bytes;
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
