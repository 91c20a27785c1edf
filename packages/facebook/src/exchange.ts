import { stopwatch } from '@pagekeeper/runtime/stopwatch';
import type { Dispatcher } from 'undici';
import type { Headers } from './usage.ts';

/** One HTTP request, ready to be written. */
export interface HttpRequest {
  origin: string;
  path: string;
  method: 'GET' | 'POST' | 'DELETE';
  headers: Record<string, string>;
  body: string | null;
}

/** How one exchange ended. A `body` of null could not be read: cut off, or longer than allowed. */
export type Exchange =
  | { answered: true; status: number; headers: Headers; body: string | null }
  | { answered: false; reason: string; maybeWritten: boolean; impossible: boolean };

interface Limits {
  timeoutMs: number;
  maxBodyBytes: number;
}

/**
 * Writes one request and waits for its answer. Never throws and never follows a redirect.
 * `maybeWritten` is false only when the request did not reach a connected socket: undici calls `onRequestStart` just
 * before the first byte. `impossible` says that the request itself could not be built.
 */
export function exchange(dispatcher: Dispatcher, request: HttpRequest, limits: Limits): Promise<Exchange> {
  return new Promise(resolve => {
    const handler = new ExchangeHandler(limits, resolve);
    const timer = setTimeout(() => handler.giveUp(`no answer within ${limits.timeoutMs} ms`), limits.timeoutMs);
    handler.onSettled = () => clearTimeout(timer);
    try {
      dispatcher.dispatch(request, handler);
    } catch (error) {
      handler.onResponseError(null, error);
    }
  });
}

class ExchangeHandler implements Dispatcher.DispatchHandler {
  onSettled: () => void = () => {};
  readonly #limits: Limits;
  readonly #age = stopwatch();
  readonly #resolve: (exchange: Exchange) => void;
  #settled = false;
  #controller: Dispatcher.DispatchController | null = null;
  #status: number | null = null;
  #headers: Headers = {};
  #chunks: Buffer[] = [];
  #bytes = 0;
  #impossible = false;

  constructor(limits: Limits, resolve: (exchange: Exchange) => void) {
    this.#limits = limits;
    this.#resolve = resolve;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Given up while it waited for a connection, or about to be: a process that was stopped hears of answers before its
    // timers. Nothing has been written, and nothing shall be.
    if (this.#settled || this.#age() > this.#limits.timeoutMs) controller.abort(new Error('given up'));
    else this.#controller = controller;
  }

  onResponseStart(_controller: unknown, status: number, headers: Headers): void {
    // 1xx answers are informational; another follows.
    if (status < 200) return;
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(_controller: unknown, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#limits.maxBodyBytes) this.giveUp('the answer is too long');
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.#end('the connection ended without an answer', Buffer.concat(this.#chunks).toString('utf8'));
  }

  onResponseError(_controller: unknown, error: unknown): void {
    const code = codeOf(error);
    this.#impossible = code === 'UND_ERR_INVALID_ARG';
    this.#end(`connection failed (${code})`, null);
  }

  giveUp(reason: string): void {
    const controller = this.#controller;
    this.#end(reason, null);
    controller?.abort(new Error('given up'));
  }

  #end(reason: string, body: string | null): void {
    // Once the status line came, the other side has acted: at most what it said is lost.
    if (this.#status !== null) this.#settle({ answered: true, status: this.#status, headers: this.#headers, body });
    else {
      const maybeWritten = this.#controller !== null;
      this.#settle({ answered: false, reason, maybeWritten, impossible: this.#impossible });
    }
  }

  #settle(exchange: Exchange): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#chunks = [];
    this.onSettled();
    this.#resolve(exchange);
  }
}

// Only the code: an error's message can quote the request.
function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' && /^[A-Z0-9_]{1,64}$/.test(code) ? code : 'unknown';
}
