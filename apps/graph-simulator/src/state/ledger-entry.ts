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
  /** Whose token the call is made with, or asks about. */
  person_id: string | null;
  token: { kind: 'app' | 'user' | 'page' | 'unknown'; owner: string | null; hash: string } | null;
  /** Null when the connection was cut instead of answered. */
  status: number | null;
  error: { code: number; subcode: number | null } | null;
  faults: string[];
  in_batch: boolean;
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

/** What happened to a person that their tokens may feel. */
export interface EventEntry {
  sequence: number;
  at: string;
  virtual_at: string;
  person_id: string;
  /** One of the events of people, or a login: `login` through the dialog, `login_elsewhere` by the control API. */
  event: string;
  detail: Record<string, unknown>;
  /** Pages for which no token of this person works any more, and those for which one works again. */
  died: string[];
  revived: string[];
}

export type LedgerEntry = CallEntry | DeliveryEntry;

/** An entry before it has its place in the ledger. */
export type Unnumbered<Entry> = Omit<Entry, 'sequence' | 'type'>;
