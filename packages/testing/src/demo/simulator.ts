/** A page that somebody on the simulator may connect, with the tokens of their login. */
export interface DemoLogin {
  personId: string;
  pageId: string;
  /** The body of an integration's `facebook_page`. */
  facebookPage: object;
}

/** The simulator's control API, as far as the demo needs it. */
export class DemoSimulator {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  /** Makes up a person with a page, and logs them in for 60 days. */
  async login(person: string, page: string): Promise<DemoLogin> {
    const { id: personId } = await this.post('/people', { name: person, pages: [{ name: page }] });
    const { pages, user_token } = await this.post(`/people/${personId}/tokens`, { lifetime: 'long' });
    const { page_id, page_name, page_category, page_url, page_access_token } = pages[0];
    const facebookPage = { page_id, page_name, page_category, page_url, access_token: user_token, page_access_token };
    return { personId, pageId: page_id, facebookPage };
  }

  /** Whether every change was delivered. */
  async isCalm(): Promise<boolean> {
    const { counts } = await this.#send('');
    return counts.waiting_changes + counts.under_way === 0;
  }

  post = (path: string, body: object): Promise<any> => this.#send(path, body);

  async #send(path: string, body?: object): Promise<any> {
    const response = await fetch(`${this.#url}/__sim${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { 'Content-Type': 'application/json' },
      body: body && JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`The demo could not be seeded: ${path} answered ${response.status}.`);
    return await response.json();
  }
}
