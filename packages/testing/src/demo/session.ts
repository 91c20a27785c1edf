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
    const signIn = await send(target, '/auth/sign-in/email', { email, password });
    const response = signIn.ok ? signIn : await send(target, '/auth/sign-up/email', { name, email, password });
    const answer = await readJson(response);
    const cookie = response.headers.getSetCookie().map(value => value.split(';', 1)[0]);
    return new DemoSession(target, answer.user.id, cookie.join('; '));
  }

  get = async (path: string): Promise<any> => readJson(await send(this.#target, path, undefined, this.#cookie));
  post = async (path: string, body: object): Promise<any> =>
    readJson(await send(this.#target, path, body, this.#cookie));
}

function send({ apiUrl, publicUrl }: DemoApi, path: string, body?: object, cookie = ''): Promise<Response> {
  return fetch(`${apiUrl}${path}`, {
    method: body ? 'POST' : 'GET',
    headers: {
      Origin: new URL(publicUrl).origin,
      'Content-Type': 'application/json',
      ...(cookie && { Cookie: cookie }),
    },
    body: body && JSON.stringify(body),
  });
}

async function readJson(response: Response): Promise<any> {
  const text = await response.text();
  if (!response.ok)
    throw new Error(`The demo could not be seeded: ${response.url} answered ${response.status} ${text}`);
  return JSON.parse(text);
}
