import type { Log } from '@pagekeeper/runtime/log';
import { nowMs } from '../state/clock.ts';
import type { Ledger } from '../state/ledger.ts';
import { nextWord } from '../state/sequence.ts';
import type { State } from '../state/state.ts';
import type { SignatureMode } from './encode.ts';
import { encodeBody, signFor } from './encode.ts';
import { Limit } from './limit.ts';

/** A body on its way: the same bytes on every attempt. */
export interface Parcel {
  id: string;
  text: string;
  pageIds: string[];
  changeIds: string[];
  attempt: number;
}

export interface Receipt {
  /** Null when no answer came. */
  status: number | null;
  failure: string | null;
}

export interface CourierOptions {
  state: () => State;
  ledger: Ledger;
  log: Log;
  /** How long an answer may take before it counts as none. */
  timeoutMs: number;
  concurrency: number;
}

/** Carries bodies to the callback, one attempt at a time, and writes each into the ledger. */
export class Courier {
  readonly #options: CourierOptions;
  readonly #limit: Limit;
  readonly #stopped = new AbortController();

  constructor(options: CourierOptions) {
    this.#options = options;
    this.#limit = new Limit(options.concurrency);
  }

  /** Packs a body (or exact text). */
  pack(body: unknown, pageIds: string[], changeIds: string[]): Parcel {
    const text = typeof body === 'string' ? body : encodeBody(body);
    const id = nextWord(this.#options.state(), 'body', 'body_', 9);
    return { id, text, pageIds: [...new Set(pageIds)], changeIds, attempt: 0 };
  }

  /** One attempt, to the callback of now. */
  async deliver(parcel: Parcel, mode: SignatureMode = 'ok', url?: string): Promise<Receipt> {
    return this.#limit.run(async () => {
      parcel.attempt += 1;
      const { attempt } = parcel;
      const startedAt = Date.now();
      const receipt = await this.#post(parcel, mode, url ?? this.#options.state().app.callbackUrl);
      this.#note(parcel, attempt, receipt, Date.now() - startedAt);
      return receipt;
    });
  }

  stop(): void {
    this.#stopped.abort();
  }

  async #post(parcel: Parcel, mode: SignatureMode, url: string | null): Promise<Receipt> {
    if (!url) return { status: null, failure: 'no callback' };
    const { bytes, headers } = signFor(this.#options.state().app, parcel.text, mode);
    try {
      const answer = await fetch(url, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json', 'user-agent': 'facebookexternalua' },
        body: new Uint8Array(bytes),
        redirect: 'manual',
        signal: AbortSignal.any([AbortSignal.timeout(this.#options.timeoutMs), this.#stopped.signal]),
      });
      await answer.body?.cancel();
      return { status: answer.status, failure: null };
    } catch (error) {
      return { status: null, failure: describeFailure(error) };
    }
  }

  #note(parcel: Parcel, attempt: number, receipt: Receipt, ms: number): void {
    const { ledger, log } = this.#options;
    ledger.addDelivery({
      at: new Date().toISOString(),
      virtual_at: new Date(nowMs(this.#options.state())).toISOString(),
      body_id: parcel.id,
      attempt,
      page_ids: parcel.pageIds,
      change_ids: parcel.changeIds,
      bytes: Buffer.byteLength(parcel.text),
      ...receipt,
      ms,
    });
    log.debug({ body: parcel.id, attempt, ...receipt }, 'webhook delivery');
  }
}

export const accepted = (receipt: Receipt): boolean =>
  receipt.status !== null && receipt.status >= 200 && receipt.status < 300;

function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return 'failed';
  if (error.name === 'TimeoutError') return 'timeout';
  if (error.name === 'AbortError') return 'stopped';
  const code = error.cause instanceof Error && 'code' in error.cause ? error.cause.code : undefined;
  return typeof code === 'string' ? code : 'failed';
}
