import { createHash } from 'node:crypto';

/** What a write sent: a message, a private reply or a public comment, and the id it got. */
export interface SendNote {
  kind: 'message' | 'private_reply' | 'comment';
  page_id: string;
  recipient: string | null;
  comment_id: string | null;
  text: string;
  metadata: string | null;
  /** Null when the send was refused. */
  id: string | null;
}

export interface CallEntry {
  type: 'call';
  sequence: number;
  at: string;
  virtual_at: string;
  method: string;
  path: string;
  endpoint: string;
  page_id: string | null;
  token: { kind: 'app' | 'user' | 'page' | 'unknown'; owner: string | null; hash: string } | null;
  /** Null when the connection was cut instead of answered. */
  status: number | null;
  error: { code: number; subcode: number | null } | null;
  faults: string[];
  send: SendNote | null;
  ms: number;
}

export interface DeliveryEntry {
  type: 'delivery';
  sequence: number;
  at: string;
  virtual_at: string;
  body_id: string;
  attempt: number;
  page_ids: string[];
  change_ids: string[];
  bytes: number;
  /** Null when no answer came. */
  status: number | null;
  failure: string | null;
  ms: number;
}

export type LedgerEntry = CallEntry | DeliveryEntry;

type Unnumbered<Entry> = Omit<Entry, 'sequence' | 'type'>;

/** An append-only record of every Graph call received and every webhook delivery tried. */
export class Ledger {
  #entries: LedgerEntry[] = [];
  #sequence = 0;

  addCall(entry: Unnumbered<CallEntry>): void {
    this.#sequence += 1;
    this.#entries.push({ type: 'call', sequence: this.#sequence, ...entry });
  }

  addDelivery(entry: Unnumbered<DeliveryEntry>): void {
    this.#sequence += 1;
    this.#entries.push({ type: 'delivery', sequence: this.#sequence, ...entry });
  }

  /** Entries in order of their end. The number keeps growing over a clear. */
  get entries(): readonly LedgerEntry[] {
    return this.#entries;
  }

  get lastSequence(): number {
    return this.#sequence;
  }

  clear(): void {
    this.#entries = [];
  }
}

/** Enough of a token's hash to tell two tokens apart, and nothing of the token. */
export function tokenHash(token: string): string {
  return createHash('sha256').update(token).digest('hex').slice(0, 12);
}
