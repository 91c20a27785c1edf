import { request } from 'node:http';
import { createAuth } from '@pagekeeper/domain/users/auth';
import { forgetSessions } from '@pagekeeper/domain/users/forget-sessions';
import { Secret } from '@pagekeeper/runtime/secret';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { Answer, Persona } from '@pagekeeper/testing/network/persona';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { authPaths } from '../src/auth/auth-paths.ts';
import { findAuthRoute } from '../src/auth/auth-routes.ts';
import { holdAnswersToTheContract, holdProblem } from './contract.ts';

holdAnswersToTheContract();

let network: Network;
let zoe: Persona;

beforeAll(async () => {
  network = await startNetwork({ worker: false });
  zoe = await network.persona('Zoë Owner').signUp();
}, 60_000);

afterAll(() => network?.stop());

const password = 'pagekeeper-demo';
const signUp = '/auth/sign-up/email';
const signIn = '/auth/sign-in/email';

let made = 0;
const newcomer = () => ({ name: 'New Comer', email: `newcomer.${++made}@example.com`, password: 'long enough it is' });

const cookiesOf = ({ headers }: Answer): string[] => [headers['set-cookie'] ?? []].flat();

function expectProblem(answer: Answer, path: string, status: number, code: string): void {
  expect([answer.status, answer.body.code]).toEqual([status, code]);
  holdProblem(path, answer);
}

describe('somebody new', () => {
  it('signs up, is signed in, and is known by the session', async () => {
    const person = newcomer();
    const { anonymous } = network;
    const answer = await anonymous.post(signUp, person);
    expect([answer.status, answer.body]).toEqual([
      200,
      { user: expect.objectContaining({ name: person.name, email: person.email, emailVerified: false }) },
    ]);
    const session = await anonymous.expect(200, anonymous.get('/auth/get-session'));
    expect(session.user).toEqual(answer.body.user);
    expect(await anonymous.expect(200, anonymous.get('/v1/organizations'))).toMatchObject({ data: [] });
  });

  it.each([
    ['an e-mail address that has an account', () => ({ email: zoe.email }), 409, 'account_exists'],
    ['that address in capitals', () => ({ email: zoe.email.toUpperCase() }), 409, 'account_exists'],
    ['a short password', () => ({ password: 'too short' }), 400, 'invalid_request'],
    ['a password of 201 letters', () => ({ password: 'x'.repeat(201) }), 400, 'invalid_request'],
    ['no password', () => ({ password: undefined }), 400, 'invalid_request'],
    ['a number for a password', () => ({ password: 1234567890 }), 400, 'invalid_request'],
    ['no address', () => ({ email: 'nobody' }), 400, 'invalid_request'],
    ['a list for an address', () => ({ email: ['a@example.com'] }), 400, 'invalid_request'],
    ['NUL in the name', () => ({ name: 'a\u0000b' }), 400, 'invalid_request'],
    ['half a surrogate pair', () => ({ name: 'a\ud83d' }), 400, 'invalid_request'],
    ['the key constructor', () => ({ constructor: 1 }), 400, 'invalid_request'],
  ])('is not signed up with %s', async (_, wrong, status, code) => {
    const answer = await network.anonymous.post(signUp, { ...newcomer(), ...wrong() });
    expectProblem(answer, signUp, status, code);
    expect(cookiesOf(answer)).toEqual([]);
  });

  it('cannot choose what is not theirs to choose', async () => {
    const chosen = {
      id: '00000000-0000-7000-8000-000000000001',
      emailVerified: true,
      email_verified: true,
      role: 'admin',
    };
    const person = newcomer();
    const answer = await network.anonymous.post(signUp, { ...person, ...chosen });
    const rows = await network.sql('select id, email_verified from auth.users where email = $1', [person.email]);
    if (answer.status === 200) expect(rows).toEqual([{ id: answer.body.user.id, email_verified: false }]);
    expect(rows.map(({ id }) => id)).not.toContain(chosen.id);
  });
});

describe('a session', () => {
  it('is a cookie that scripts cannot read and other sites do not send; its token stands nowhere else', async () => {
    const answer = await network.anonymous.post(signIn, { email: zoe.email, password });
    expect(answer.status).toBe(200);
    expect(answer.headers['cache-control']).toBe('no-store');
    const [cookie, ...more] = cookiesOf(answer);
    expect(more).toEqual([]);
    expect(cookie).toMatch(/^pagekeeper\.session_token=[^;]+; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Lax$/);
    const token = decodeURIComponent(cookie!.split('=')[1]!.split(';')[0]!).split('.')[0]!;
    expect(answer.text).not.toContain(token);
    const session = await network.anonymous.get('/auth/get-session', { Cookie: cookie!.split(';')[0] });
    expect(session.body.user.email).toBe(zoe.email.toLowerCase());
    expect(session.text).not.toContain(token);
    expect(network.output.join('\n')).not.toContain(token);
  });

  it('is over when it is signed out: the same cookie opens nothing', async () => {
    const { anonymous } = network;
    const cookie = cookiesOf(await anonymous.post(signIn, { email: zoe.email, password }))[0]!.split(';')[0]!;
    const stolen = () => network.anonymous.get('/v1/organizations', { Cookie: cookie });
    expect((await stolen()).status).toBe(200);
    expect((await anonymous.expect(200, anonymous.post('/auth/sign-out', {}))).success).toBe(true);
    expectProblem(await stolen(), '/v1/organizations', 401, 'unauthenticated');
    expectProblem(await anonymous.get('/v1/organizations'), '/v1/organizations', 401, 'unauthenticated');
    expect((await network.anonymous.get('/auth/get-session', { Cookie: cookie })).body).toBeNull();
  });

  it('is one of several, each over by itself, and new with every sign-in', async () => {
    const [first, second] = [network.anonymous, network.anonymous];
    const cookies = [];
    for (const persona of [first, second])
      cookies.push(cookiesOf(await persona.post(signIn, { email: zoe.email, password }))[0]);
    expect(cookies[0]).not.toBe(cookies[1]);
    await first.expect(200, first.post('/auth/sign-out', {}));
    await second.expect(200, second.get('/v1/organizations'));
    await zoe.expect(200, zoe.get('/v1/organizations'));
  });

  it('is over at its end, and with its person', async () => {
    const person = await network.persona('Short Lived').signUp();
    await person.expect(200, person.get('/v1/organizations'));
    await network.sql(`update auth.sessions set expires_at = now() - interval '1 second' where user_id = $1`, [
      person.userId,
    ]);
    await person.expect(401, person.get('/v1/organizations'));
    const gone = await network.persona('Long Gone').signUp();
    await network.sql('delete from auth.users where id = $1', [gone.userId]);
    await gone.expect(401, gone.get('/v1/organizations'));
  });

  it('that has ended is deleted by the hourly sweep, and no other', async () => {
    const away = await network.persona('Gone Away').signUp();
    const sessionsOf = ({ userId }: Persona) =>
      network.sql('select id from auth.sessions where user_id = $1', [userId]);
    await network.sql(`update auth.sessions set expires_at = now() - interval '1 second' where user_id = $1`, [
      away.userId,
    ]);
    const before = await sessionsOf(zoe);
    expect(await forgetSessions(network.services.database)).toBeGreaterThan(0);
    expect(await sessionsOf(away)).toEqual([]);
    expect(await sessionsOf(zoe)).toEqual(before);
    await zoe.expect(200, zoe.get('/v1/organizations'));
    expect(await forgetSessions(network.services.database)).toBe(0);
  });

  it('cannot be signed out or changed by another site', async () => {
    for (const origin of ['https://evil.example', 'null']) {
      expectProblem(
        await zoe.post('/auth/sign-out', {}, { Origin: origin }),
        '/auth/sign-out',
        403,
        'origin_not_allowed',
      );
    }
    await zoe.expect(200, zoe.get('/v1/organizations'));
  });
});

describe('signing in', () => {
  it.each([
    ['a wrong password', () => ({ email: zoe.email, password: 'not the password' })],
    ['somebody else’s address', () => ({ email: 'nobody@example.com', password })],
    ['an empty password', () => ({ email: zoe.email, password: '' })],
    ['capitals in the password', () => ({ email: zoe.email, password: password.toUpperCase() })],
  ])('fails with %s, and says the same each time', async (_, credentials) => {
    const answer = await network.anonymous.post(signIn, credentials());
    expectProblem(answer, signIn, 401, 'wrong_credentials');
    expect(answer.body.detail).toBe('Invalid email or password');
    expect(cookiesOf(answer)).toEqual([]);
  });

  it.each([
    ['no JSON', '{"email":', 'application/json', 400, 'malformed_json'],
    ['a form', 'email=a@example.com&password=x', 'application/x-www-form-urlencoded', 415, 'unsupported_media_type'],
    ['text', '{"email":"a@example.com","password":"x"}', 'text/plain', 415, 'unsupported_media_type'],
    ['over 100 kB', JSON.stringify({ email: 'x'.repeat(110_000) }), 'application/json', 413, 'body_too_large'],
    ['a list', '[]', 'application/json', 400, 'invalid_request'],
    ['nothing at all', '{}', 'application/json', 400, 'invalid_request'],
    ['__proto__', '{"email":"a@example.com","__proto__":{"password":"x"}}', 'application/json', 400, 'invalid_request'],
  ])('fails with a body of %s, and tells nothing of our insides', async (_, body, type, status, code) => {
    const answer = await network.anonymous.post(signIn, body, { 'Content-Type': type });
    expectProblem(answer, signIn, status, code);
    expect(answer.text).not.toMatch(/\n\s+at |node_modules|better-auth/i);
  });

  it('has no other doors: what is not there is a 404', async () => {
    for (const path of ['/auth/no-such', '/auth/', '/auth/sign-in', '/auth/sign-in/email/', '/auth/reference']) {
      const answer = await network.anonymous.get(path);
      expect([path, answer.status]).toEqual([path, 404]);
      holdProblem(path, answer);
    }
    expect((await network.anonymous.put(signIn, {})).status).toBe(404);
  });
});

describe('better-auth', () => {
  it('has more routes, which nobody reaches, signed in or not', async () => {
    const { auth, close } = createAuth({
      databaseUrl: network.database.urls.auth,
      secret: new Secret('x'.repeat(32)),
      publicUrl: network.apiUrl,
      mailer: network.services.mailer,
      namedStatements: true,
      log: network.services.log,
    });
    await close();
    const theirs = Object.values(auth.api as unknown as Record<string, { path?: string; options: { method: unknown } }>)
      .filter(({ path }) => path)
      .flatMap(({ path, options }) => [options.method].flat().map(method => ({ method: String(method), path: path! })));
    expect(theirs.length).toBeGreaterThan(25);
    const hidden = theirs.filter(({ method, path }) => !findAuthRoute(method, `/auth${path}`));
    // It takes the token of a link for a new password in the path, we in the query.
    const documented = Object.values(authPaths).flatMap(operations => Object.keys(operations));
    expect(theirs.length - hidden.length).toBe(documented.length - 1);
    for (const { method, path } of hidden) {
      const asked = `/auth${path.replaceAll(/:\w+/g, 'x')}`;
      for (const persona of [zoe, network.anonymous]) {
        const answer = await persona.send(method.toLowerCase() as 'get', asked, method === 'POST' ? {} : undefined);
        expectProblem(answer, asked, 404, 'no_such_route');
      }
    }
  });

  it.each([
    '/auth/sign-in/email/',
    '/AUTH/sign-in/email',
    '/auth/Sign-In/email',
    '/auth//sign-in/email',
    '/auth/sign-in%2Femail',
    '/auth/./sign-in/email/x/..',
    '/auth/sign-in/email;x',
  ])('is not reached by another spelling: %s', async path => {
    const statuses = await Promise.all(
      [zoe.email, 'nobody@example.com'].map(email => raw(path, JSON.stringify({ email, password }))),
    );
    expect(statuses).toEqual([404, 404]);
  });

  /** A POST whose path nobody tidies up on the way. */
  function raw(path: string, body: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
      const { hostname, port } = new URL(network.apiUrl);
      const sent = request({ hostname, port, path, method: 'POST', headers, agent: false }, answer => {
        answer.resume();
        resolve(answer.statusCode!);
      });
      sent.on('error', reject).end(body);
    });
  }
});

describe('passwords', () => {
  it('are kept as argon2id hashes, and never told', async () => {
    const [row] = await network.sql('select password from auth.accounts where user_id = $1', [zoe.userId]);
    expect(row.password).toMatch(/^\$argon2id\$v=19\$m=\d{5,},t=\d+,p=\d+\$/);
    const said = [...network.output, ...network.answers].join('\n');
    expect(said).not.toContain(password);
    expect(said).not.toContain(row.password);
  });
});

describe('a session that is used', () => {
  it('is renewed once a day, in the row and in the browser’s cookie', async () => {
    const person = await network.persona('renewed').signUp();
    expect((await person.get('/v1/organizations')).headers['set-cookie']).toBeUndefined();
    await network.sql(`update auth.sessions set expires_at = now() + interval '5 days' where user_id = $1`, [
      person.userId,
    ]);
    const renewed = await person.get('/v1/organizations');
    expect(renewed.status).toBe(200);
    expect(String(renewed.headers['set-cookie'])).toMatch(/pagekeeper\.session_token=.+Max-Age=604800/);
    const [{ moved }] = await network.sql(
      `select expires_at > now() + interval '6 days 23 hours' as moved from auth.sessions where user_id = $1`,
      [person.userId],
    );
    expect(moved).toBe(true);
  });
});
