/** How a demo person reaches the API. */
export interface DemoApi {
  apiUrl: string;
  /** The origin that cookie-authenticated writes must name. */
  publicUrl: string;
}

export interface DemoAccount {
  name: string;
  email: string;
  password: string;
}

/** A signed-in demo person. */
export class DemoSession {
  readonly userId: string;
  readonly #target: DemoApi;
  readonly #cookie: string;

  private constructor(target: DemoApi, userId: string, cookie: string) {
    this.#target = target;
    this.userId = userId;
    this.#cookie = cookie;
  }

  /** Signs in, or up where there is no account yet. */
  static async open(target: DemoApi, { name, email, password }: DemoAccount): Promise<DemoSession> {
    const signIn = await send(target, 'POST', '/auth/sign-in/email', { email, password });
    const response = signIn.ok ? signIn : await send(target, 'POST', '/auth/sign-up/email', { name, email, password });
    const answer = await readJson(response);
    const cookie = response.headers.getSetCookie().map(value => value.split(';', 1)[0]);
    return new DemoSession(target, answer.user.id, cookie.join('; '));
  }

  get = (path: string): Promise<any> => this.#send('GET', path);
  post = (path: string, body?: object): Promise<any> => this.#send('POST', path, body);
  delete = (path: string): Promise<any> => this.#send('DELETE', path);

  async #send(method: string, path: string, body?: object): Promise<any> {
    return await readJson(await send(this.#target, method, path, body, this.#cookie));
  }
}

function send(
  { apiUrl, publicUrl }: DemoApi,
  method: string,
  path: string,
  body?: object,
  cookie = '',
): Promise<Response> {
  return fetch(`${apiUrl}${path}`, {
    method,
    headers: {
      Origin: new URL(publicUrl).origin,
      ...(body && { 'Content-Type': 'application/json' }),
      ...(cookie && { Cookie: cookie }),
    },
    body: body && JSON.stringify(body),
  });
}

async function readJson(response: Response): Promise<any> {
  const text = await response.text();
  if (!response.ok)
    throw new Error(`The demo could not be seeded: ${response.url} answered ${response.status} ${text}`);
  return text === '' ? null : JSON.parse(text);
}
