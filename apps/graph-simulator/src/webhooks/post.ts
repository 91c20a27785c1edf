import type { RequestOptions } from 'node:http';
import { Agent as HttpAgent, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';

export interface Receipt {
  /** Null when no answer came. */
  status: number | null;
  failure: string | null;
}

interface Outgoing {
  url: string;
  headers: Record<string, string>;
  body: string;
  /** How long the whole answer may take before it counts as none. */
  timeoutMs: number;
}

/** Posts over connections that are kept open: thousands of deliveries a second share a few. */
export class Post {
  readonly #http: HttpAgent;
  readonly #https: HttpsAgent;

  constructor(connections: number) {
    this.#http = new HttpAgent({ keepAlive: true, maxSockets: connections });
    this.#https = new HttpsAgent({ keepAlive: true, maxSockets: connections });
  }

  /** One POST. Redirects are not followed; a failure is an answer too. */
  async send(outgoing: Outgoing): Promise<Receipt> {
    const first = await this.#attempt(outgoing);
    // The receiver closed a kept connection just as it was used again: nothing was received.
    return first === 'stale' ? ((await this.#attempt(outgoing, true)) as Receipt) : first;
  }

  /** Ends the connections, also those under way. */
  stop(): void {
    this.#http.destroy();
    this.#https.destroy();
  }

  #attempt({ url, headers, body, timeoutMs }: Outgoing, fresh = false): Promise<Receipt | 'stale'> {
    const isSecure = url.startsWith('https:');
    const agent = fresh ? false : isSecure ? this.#https : this.#http;
    const options: RequestOptions = {
      method: 'POST',
      agent,
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
    };
    return new Promise(resolve => {
      const request = (isSecure ? requestHttps : requestHttp)(url, options);
      let isLate = false;
      const timer = setTimeout(() => {
        isLate = true;
        request.destroy();
      }, timeoutMs);
      const end = (receipt: Receipt | 'stale') => {
        clearTimeout(timer);
        resolve(receipt);
      };
      const fail = (error: NodeJS.ErrnoException) => {
        const isReset = error.code === 'ECONNRESET' || error.code === 'EPIPE';
        if (!isLate && request.reusedSocket && isReset) end('stale');
        else end({ status: null, failure: isLate ? 'timeout' : (error.code ?? 'failed') });
      };
      request.on('error', fail);
      request.on('response', response => {
        // Only the status counts, but an answer that breaks off is none.
        response.resume();
        response.on('end', () => end({ status: response.statusCode!, failure: null }));
        response.on('error', fail);
      });
      // As text it leaves in one piece with the headers.
      request.end(body);
    });
  }
}
