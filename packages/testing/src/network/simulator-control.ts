import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** A page as somebody's login hands it over, with its token in clear. */
export interface SimulatedPage {
  personId: string;
  userToken: string;
  page_id: string;
  page_name: string;
  page_access_token: string;
}

/** The simulator's control API. */
export class SimulatorControl {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  get = (path: string): Promise<any> => this.#send('GET', path);
  post = (path: string, body: unknown = {}): Promise<any> => this.#send('POST', path, body);
  put = (path: string, body: unknown): Promise<any> => this.#send('PUT', path, body);
  patch = (path: string, body: unknown): Promise<any> => this.#send('PATCH', path, body);
  delete = (path: string): Promise<any> => this.#send('DELETE', path);

  /** A person with pages, and what their login would have given. */
  async createPages(count = 1, name = 'Blue Cup'): Promise<SimulatedPage[]> {
    const pages = Array.from({ length: count }, (_, index) => ({ name: `${name} ${index + 1}` }));
    const person = await this.post('/__sim/people', { name: 'Paula Page', pages });
    return await this.logIn(person.id);
  }

  /** A fresh login of a person. */
  async logIn(personId: string, lifetime = 'long'): Promise<SimulatedPage[]> {
    const { user_token, pages } = await this.post(`/__sim/people/${personId}/tokens`, { lifetime });
    return pages.map((page: object) => ({ ...page, personId, userToken: user_token }));
  }

  /** Waits until nothing happens by itself any more: deliveries that still wait, wait for the clock. */
  async calm(timeoutMs = 20_000): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const { waiting_changes, under_way } = (await this.get('/__sim')).counts;
      if (waiting_changes + under_way === 0) return;
      if (Date.now() > deadline)
        throw new Error(`simulator: ${waiting_changes} changes and ${under_way} attempts left`);
      await sleep(20);
    }
  }

  /** Whether our app gets the page's events. */
  async isSubscribed(pageId: string): Promise<boolean> {
    const { page } = await this.get(`/__sim/pages/${pageId}/conversation?limit=1`);
    return page.subscribed_fields !== null;
  }

  async #send(method: string, path: string, body?: unknown): Promise<any> {
    const text = await this.#exchange(method, path, body === undefined ? undefined : JSON.stringify(body));
    return text ? JSON.parse(text) : null;
  }

  // Not fetch: its connection pool would keep a test's process alive for seconds.
  #exchange(method: string, path: string, body?: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const headers = body === undefined ? {} : { 'Content-Type': 'application/json' };
      const outgoing = request(new URL(path, this.url), { method, headers, agent: false }, incoming => {
        const chunks: Buffer[] = [];
        incoming.on('data', chunk => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          if (incoming.statusCode! < 300) resolve(text);
          else reject(new Error(`simulator: ${method} ${path} answered ${incoming.statusCode}: ${text}`));
        });
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }
}
