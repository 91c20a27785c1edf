import supertest, { type Response } from 'supertest';
import { EventReader } from './event-reader.ts';

export interface Answer {
  status: number;
  body: any;
  text: string;
  headers: Record<string, string>;
}

/** Somebody who speaks to the API over the wire, with a session of their own. */
export class Persona {
  readonly name: string;
  readonly email: string;
  /** Null for somebody without an account. */
  userId: string | null = null;
  readonly #apiUrl: string;
  readonly #agent: ReturnType<typeof supertest.agent>;
  readonly #headers: Record<string, string> = {};
  readonly #onAnswer: (answer: Answer) => void;

  constructor(apiUrl: string, name: string, onAnswer: (answer: Answer) => void = () => {}) {
    this.name = name;
    this.#apiUrl = apiUrl;
    this.#onAnswer = onAnswer;
    this.email = `${name.replace(/\W+/g, '.')}@example.com`;
    this.#agent = supertest.agent(apiUrl).set('Origin', apiUrl);
  }

  /** Sends these with every request from now on. */
  withHeaders(headers: Record<string, string>): this {
    Object.assign(this.#headers, headers);
    this.#agent.set(headers);
    return this;
  }

  async signUp(): Promise<this> {
    const answer = await this.post('/auth/sign-up/email', {
      name: this.name,
      email: this.email,
      password: 'pagekeeper-demo',
    });
    if (answer.status !== 200) throw new Error(`${this.name} could not sign up: ${answer.status} ${answer.text}`);
    this.userId = answer.body.user.id;
    return this;
  }

  get = (path: string, headers = {}) => this.send('get', path, undefined, headers);
  post = (path: string, body?: unknown, headers = {}) => this.send('post', path, body, headers);
  put = (path: string, body?: unknown, headers = {}) => this.send('put', path, body, headers);
  patch = (path: string, body?: unknown, headers = {}) => this.send('patch', path, body, headers);
  delete = (path: string, headers = {}) => this.send('delete', path, undefined, headers);

  async send(
    method: 'get' | 'post' | 'put' | 'patch' | 'delete',
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    let request = this.#agent[method](path).set(headers);
    if (body !== undefined) request = request.send(body as object);
    const { status, body: parsed, text, headers: received } = (await request) as Response;
    const answer = { status, body: parsed, text, headers: received };
    this.#onAnswer(answer);
    return answer;
  }

  /** Opens a stream of server-sent events; a refusal is in the reader's answer. Close it. */
  async watch(path: string, headers = {}): Promise<EventReader> {
    const url = new URL(path, this.#apiUrl);
    const where = { domain: url.hostname, path: url.pathname, secure: false, script: false };
    const cookie = this.#agent.jar.getCookies(where as never).toValueString();
    const reader = await EventReader.open(url, { ...this.#headers, ...headers, Cookie: cookie });
    this.#onAnswer(reader.answer);
    return reader;
  }

  /** The same, and an error that shows the answer unless it has this status. */
  async expect(status: number, answer: Promise<Answer>): Promise<any> {
    const { status: got, body, text } = await answer;
    if (got !== status) throw new Error(`${this.name} got ${got} instead of ${status}: ${text.slice(0, 1_000)}`);
    return body;
  }
}
