import type { CallEntry, DeliveryEntry, SendNote, Unnumbered } from './ledger-entry.ts';

/** Running totals of calls, deliveries and sends. They stay exact when the entries themselves are forgotten. */
export class Tally {
  #calls = 0;
  #deliveries = 0;
  #bodies = 0;
  #sends = 0;
  #applied = 0;
  readonly #callsByEndpoint = new Map<string, number>();
  readonly #callsByStatus = new Map<string, number>();
  readonly #deliveriesByStatus = new Map<string, number>();
  readonly #sendsByKind = new Map<string, number>();
  readonly #targets = new Map<string, number>();
  readonly #repeated = new Set<string>();

  addCall(call: Unnumbered<CallEntry>, target = targetOf(call)): void {
    this.#calls += 1;
    increase(this.#callsByEndpoint, `${call.method} ${call.endpoint}`);
    increase(this.#callsByStatus, String(call.status ?? 'cut'));
    if (call.send) this.#addSend(call.send, target);
  }

  addDelivery(delivery: Unnumbered<DeliveryEntry>): void {
    this.#deliveries += 1;
    if (delivery.attempt === 1) this.#bodies += 1;
    increase(this.#deliveriesByStatus, String(delivery.status ?? delivery.failure));
  }

  #addSend(send: SendNote, target: string | null): void {
    this.#sends += 1;
    if (target === null) return;
    this.#applied += 1;
    increase(this.#sendsByKind, send.kind);
    if (increase(this.#targets, target) > 1) this.#repeated.add(target);
  }

  /** How many writes took effect, and which target got more than one: what "at most one reply" is checked against. */
  describe() {
    return {
      calls: {
        total: this.#calls,
        by_endpoint: Object.fromEntries(this.#callsByEndpoint),
        by_status: Object.fromEntries(this.#callsByStatus),
      },
      deliveries: {
        total: this.#deliveries,
        bodies: this.#bodies,
        by_status: Object.fromEntries(this.#deliveriesByStatus),
      },
      sends: {
        total: this.#sends,
        applied: this.#applied,
        by_kind: Object.fromEntries(this.#sendsByKind),
        targets: this.#targets.size,
        by_target: Object.fromEntries(latest(this.#targets, 10_000)),
        repeated: Object.fromEntries([...this.#repeated].map(target => [target, this.#targets.get(target)])),
      },
    };
  }
}

/** To whom or under what a call wrote; null when it wrote nothing. */
export function targetOf({ send }: { send: SendNote | null }): string | null {
  if (!send || send.id === null) return null;
  return send.comment_id === null ? `recipient ${send.recipient}` : `comment ${send.comment_id}`;
}

function increase(counts: Map<string, number>, key: string): number {
  const count = (counts.get(key) ?? 0) + 1;
  counts.set(key, count);
  return count;
}

/** The last of a map's entries. */
function latest(counts: Map<string, number>, count: number): [string, number][] {
  return counts.size <= count ? [...counts] : [...counts].slice(-count);
}
