import type { Log } from '@pagekeeper/runtime/log';
import type { SignatureMode } from '../app/knobs.ts';
import { nowMs } from '../state/clock.ts';
import type { Ledger } from '../state/ledger.ts';
import { nextWord } from '../state/sequence.ts';
import type { State } from '../state/state.ts';
import type { Change } from './change.ts';
import { bodyOf } from './change.ts';
import { encodeBody, signFor } from './encode.ts';
import { Limit } from './limit.ts';
import { Post, type Receipt } from './post.ts';

/** A body on its way: the same bytes on every attempt. */
export interface Parcel {
  id: string;
  text: string;
  pageIds: string[];
  changes: readonly Change[];
  /** Virtual milliseconds of the first failure. */
  sinceMs?: number;
  attempt: number;
}

export interface CourierOptions {
  state: () => State;
  ledger: Ledger;
  log: Log;
  concurrency: number;
}

/** Carries bodies to the callback, one attempt at a time, and writes each into the ledger. */
export class Courier {
  readonly #options: CourierOptions;
  readonly #limit: Limit;
  readonly #post: Post;

  constructor(options: CourierOptions) {
    this.#options = options;
    this.#limit = new Limit(options.concurrency);
    this.#post = new Post(options.concurrency);
  }

  /** Packs changes into one body, as the app's subscription wants them told. */
  pack(changes: readonly Change[]): Parcel {
    const { app } = this.#options.state();
    const body = encodeBody(bodyOf(changes, app.includeValues), app.knobs.numeric_ids);
    return { ...this.packText(body), changes, pageIds: [...new Set(changes.map(change => change.pageId))] };
  }

  /** Packs exactly this text. */
  packText(text: string, pageIds: string[] = []): Parcel {
    const id = nextWord(this.#options.state(), 'body', 'body_', 9);
    return { id, text, pageIds: [...new Set(pageIds)], changes: [], attempt: 0 };
  }

  /** One attempt, to the callback of now. Without a mode it is signed as the knob says. */
  async deliver(parcel: Parcel, mode?: SignatureMode, url?: string): Promise<Receipt> {
    return this.#limit.run(async () => {
      parcel.attempt += 1;
      const { attempt } = parcel;
      const startedAt = Date.now();
      const receipt = await this.#send(parcel.text, mode, url);
      this.#note(parcel, attempt, receipt, Date.now() - startedAt);
      return receipt;
    });
  }

  stop(): void {
    this.#post.stop();
  }

  async #send(text: string, mode?: SignatureMode, url?: string): Promise<Receipt> {
    const { app } = this.#options.state();
    const to = url ?? app.callbackUrl;
    if (!to) return { status: null, failure: 'no callback' };
    const { body, headers } = signFor(app, text, mode ?? app.knobs.signature);
    return await this.#post.send({
      url: to,
      headers: { ...headers, 'content-type': 'application/json', 'user-agent': 'facebookexternalua' },
      body,
      timeoutMs: app.knobs.delivery_timeout_ms,
    });
  }

  #note(parcel: Parcel, attempt: number, { status, failure }: Receipt, ms: number): void {
    const { ledger, log } = this.#options;
    ledger.addDelivery({
      at: new Date().toISOString(),
      virtual_at: new Date(nowMs(this.#options.state())).toISOString(),
      body_id: parcel.id,
      attempt,
      page_ids: parcel.pageIds,
      change_ids: parcel.changes.map(change => change.id),
      bytes: Buffer.byteLength(parcel.text),
      status,
      failure,
      ms,
    });
    log.debug({ body: parcel.id, attempt, status, failure }, 'webhook delivery');
  }
}

export const accepted = ({ status }: Receipt): boolean => status !== null && status >= 200 && status < 300;
