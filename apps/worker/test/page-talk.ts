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

  /** What the page said in a person's thread, by us or by people. */
  async saidTo(page: ConnectedPage, psid: string): Promise<string[]> {
    const { threads } = await this.conversation(page);
    const thread = threads.find((candidate: any) => candidate.psid === psid);
    return thread.messages.filter(({ author }: any) => author !== 'customer').map(({ text }: any) => text);
  }

  async replyTo(sourceId: string): Promise<any> {
    const [reply] = await this.#network.sql(
      'select kind, state, rule, reason, attempts from replies where source_id = $1',
      [sourceId.startsWith('m_') ? sourceId : sourceId.slice(sourceId.lastIndexOf('_') + 1)],
    );
    return reply;
  }

  /** The next answer of the page is refused with this error. */
  refuse = ({ page }: ConnectedPage, error: object): Promise<unknown> =>
    this.#network.simulator.post('/__sim/faults', {
      match: { page_id: page.page_id, method: 'POST' },
      fault: { type: 'error', http: 400, ...error },
      times: 1,
    });

  /** The next call of this kind for the page is cut off before it takes effect, and nobody knows that. */
  cutOff = ({ page: { page_id } }: ConnectedPage, endpoint: 'comments' | 'messages'): Promise<unknown> =>
    this.#network.simulator.post('/__sim/faults', {
      match: { endpoint, page_id, method: 'POST' },
      fault: { type: 'reset' },
      times: 1,
    });

  untilPaused = ({ page }: ConnectedPage): Promise<unknown> =>
    this.#network.untilSql(
      `select 1 from facebook_page_integrations where page_id = '${page.page_id}' and paused_until > app.now()`,
      'the page is paused',
    );

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

  /** Two comments in one thread. Both answers arrive and nobody hears of it; nor can they be looked for at once. */
  async askTwiceInDoubt(page: ConnectedPage): Promise<{ top: string; asked: string[] }> {
    const { page_id } = page.page;
    await this.pause(page);
    const top = await this.comment(page, { text: 'Top', deliver: false });
    const asked: string[] = [];
    for (const text of ['One', 'Another']) {
      asked.push((await this.comment(page, { text, parent_id: top.comment_id })).comment_id);
    }
    await this.#network.simulator.calm();
    const onComments = { endpoint: 'comments', page_id };
    for (const fault of [
      { match: { ...onComments, method: 'POST' }, fault: { type: 'lost_response' }, times: 2 },
      { match: { ...onComments, method: 'GET' }, fault: { type: 'error', http: 500, code: 2, message: 'Later' } },
    ]) {
      await this.#network.simulator.post('/__sim/faults', fault);
    }
    await this.goOn(page);
    await this.#network.untilSql(
      `select 1 from replies where page_id = '${page_id}' and state = 'unknown' having count(*) = 2`,
      'both are in doubt',
    );
    return { top: top.comment_id, asked };
  }

  #pauseUntil = ({ page }: ConnectedPage, until: string): Promise<unknown> =>
    this.#network.sql(`update facebook_page_integrations set paused_until = ${until} where page_id = $1`, [
      page.page_id,
    ]);
}

export const control = ({ page }: ConnectedPage) => `/__sim/pages/${page.page_id}`;

export const defaultMessage = 'Thank you for your message! We will get back to you soon.';
