import type { CaughtMail, Network } from '@pagekeeper/testing/network/network';

/** A change of a page's status, seen between two looks. */
export interface SeenStatus {
  after: number;
  by: number;
  status: string;
}

/** A call that was refused since somebody called too often. */
export interface ThrottledCall {
  fault: string;
  at: number;
  /** The method and the endpoint. */
  call: string;
}

export interface Watched {
  /** By page id. */
  statuses: Map<string, SeenStatus[]>;
  mails: (CaughtMail & { to: { address: string }[] })[];
  throttled: ThrottledCall[];
  calls: number;
}

/** Writes down what can be seen from outside: the pages' statuses, mails, and what Facebook refused. */
export class Watch {
  readonly seen: Watched = { statuses: new Map(), mails: [], throttled: [], calls: 0 };
  readonly #network: Network;
  readonly #last = new Map<string, string>();
  #lookedAt: number;
  #sequence = 0;

  constructor(network: Network, now: number) {
    this.#network = network;
    this.#lookedAt = now;
  }

  async look(now: number): Promise<void> {
    // Only what has changed since: a thousand rows at each look would be most of the run.
    const rows = await this.#network.sql(
      'select page_id, status from facebook_page_integrations where status_since >= $1::timestamptz',
      [new Date(this.#lookedAt - 60_000)],
    );
    for (const { page_id, status } of rows) {
      if (this.#last.get(page_id) === status) continue;
      this.#last.set(page_id, status);
      const changes = this.seen.statuses.get(page_id) ?? [];
      changes.push({ after: this.#lookedAt, by: now, status });
      this.seen.statuses.set(page_id, changes);
    }
    this.#lookedAt = now;
  }

  /** Mails, and the ledger's refusals; before either forgets them. */
  async collect(): Promise<void> {
    const mails = (await (await fetch(`${this.#network.mailUrl}/email`)).json()) as Watched['mails'];
    await fetch(`${this.#network.mailUrl}/email/all`, { method: 'DELETE' });
    this.seen.mails.push(...mails);
    for (;;) {
      const path = `/__sim/ledger?type=call&after=${this.#sequence}&limit=10000`;
      const { data, has_more } = await this.#network.simulator.get(path);
      for (const call of data) {
        const fault = call.faults.find((name: string) => name.endsWith(':throttle'));
        const refused = { at: Date.parse(call.virtual_at), call: `${call.method} ${call.endpoint}` };
        if (fault) this.seen.throttled.push({ fault, ...refused });
        // Refused for its own sake, and not by a fault.
        else if ([4, 17, 80001].includes(call.error?.code) && call.faults.length === 0) {
          this.seen.throttled.push({ fault: `own:${call.error.code}`, ...refused });
        }
      }
      this.seen.calls += data.length;
      this.#sequence = data.at(-1)?.sequence ?? this.#sequence;
      if (!has_more) return;
    }
  }
}
