/**
 * What all bodies together may hold while they are read: an eighth of the memory that the chart gives a process.
 * Anybody can begin one, and only at its end is it known whether it is Facebook's.
 */
const maxHeldBytes = 67_108_864;
let heldBytes = 0;

/** One body's share of it. */
export class HeldBytes {
  #bytes = 0;

  /** Holds so many from now on; false, and all stays as it was, where that is too much in all. */
  set(bytes: number): boolean {
    const total = heldBytes - this.#bytes + bytes;
    if (total > maxHeldBytes) return false;
    heldBytes = total;
    this.#bytes = bytes;
    return true;
  }
}
