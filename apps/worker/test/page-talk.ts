import type { Network } from '@pagekeeper/testing/network/network';
import type { ConnectedPage } from '@pagekeeper/testing/network/tenant';

/** What customers say to a page, what is answered, and when. */
export class PageTalk {
  readonly #network: Network;
  #hours = 0;

  constructor(network: Network) {
    this.#network = network;
  }

  conversation = (page: ConnectedPage): Promise<any> =>
    this.#network.simulator.get(`${control(page)}/conversation?limit=1000`);

  write = (page: ConnectedPage, body: object): Promise<any> =>
    this.#network.simulator.post(`${control(page)}/messages`, body);

  comment = (page: ConnectedPage, body: object): Promise<any> =>
    this.#network.simulator.post(`${control(page)}/comments`, body);

  async replyTo(sourceId: string): Promise<any> {
    const [reply] = await this.#network.sql(
      'select kind, state, rule, reason, attempts from replies where source_id = $1',
      [sourceId.startsWith('m_') ? sourceId : sourceId.slice(sourceId.lastIndexOf('_') + 1)],
    );
    return reply;
  }

  /** What comes from now on waits, and is taken up together. */
  pause = (page: ConnectedPage): Promise<unknown> => this.#pauseUntil(page, `app.now() + interval '1 day'`);
  goOn = (page: ConnectedPage): Promise<unknown> => this.#pauseUntil(page, 'null');

  /** An hour later Facebook has nothing against the page any more. */
  async release(page: ConnectedPage): Promise<void> {
    await this.#network.simulator.delete('/__sim/faults');
    await this.goOn(page);
    this.#hours += 1;
    await this.#network.moveClock(this.#hours);
    await this.#network.settle(60_000);
  }

  #pauseUntil = ({ page }: ConnectedPage, until: string): Promise<unknown> =>
    this.#network.sql(`update facebook_page_integrations set paused_until = ${until} where page_id = $1`, [
      page.page_id,
    ]);
}

export const control = ({ page }: ConnectedPage) => `/__sim/pages/${page.page_id}`;
