import { createHmac, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { Answer, Persona } from '@pagekeeper/testing/network/persona';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { holdAnswersToTheContract, holdProblem } from './contract.ts';
import { addressOf, elsewhere, linkIn, open, password, signIn } from './people.ts';

holdAnswersToTheContract();

const authSecret = randomBytes(32).toString('hex');
let network: Network;

beforeAll(async () => {
  network = await startNetwork({ worker: false, mail: true, apiEnv: { AUTH_SECRET: authSecret } });
}, 60_000);

afterAll(async () => {
  // A mail that should not be may have been slow: with the api's last breath it is sent.
  await network?.api.stop();
  for (const [address, known] of unmailed) expect(await network.mailsTo(address, known)).toHaveLength(known);
  await network?.stop();
});

const somebody = (name: string): Promise<Persona> => network.persona(name).signUp();
const me = (persona: Persona) => persona.expect(200, persona.get('/v1/me'));
const landing = (result: string, path = '/') => `${network.apiUrl}${path}?result=${result}`;

/** The link of the newest of this many mails to somebody. */
const linkTo = async (address: string, count = 1) => linkIn((await network.mailsTo(address, count)).at(-1)!);

function expectProblem(answer: Answer, path: string, status: number, code: string): void {
  expect([answer.status, answer.body.code]).toEqual([status, code]);
  holdProblem(path, answer);
}

/** Nothing was sent: something that was asked for later has arrived, in a queue of its own making. */
async function expectNoMail(address: string, known: number): Promise<void> {
  const later = await somebody(`Later ${++made}`);
  await network.mailsTo(addressOf(later));
  expect(await network.mailsTo(address, known)).toHaveLength(known);
  unmailed.set(address, known);
}
let made = 0;
const unmailed = new Map<string, number>();

/** A token for a link, made as better-auth makes it. */
function token(payload: object, secret = authSecret, expiresIn = 3_600): string {
  const now = Math.floor(Date.now() / 1_000);
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part({ alg: 'HS256' })}.${part({ ...payload, iat: now, exp: now + expiresIn })}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

describe('an e-mail address', () => {
  it('is confirmed by the link in the mail that came on sign-up', async () => {
    const vera = await somebody('Vera Verified');
    expect(await me(vera)).toMatchObject({ email_verified: false });
    const [mail] = await network.mailsTo(addressOf(vera));
    expect(mail!.subject).toBe('Confirm your e-mail address');
    expect(mail!.html).not.toContain('Vera');
    const link = linkIn(mail!);
    expect([link.origin, link.pathname]).toEqual([network.apiUrl, '/auth/verify-email']);
    const opened = await open(link);
    expect(opened).toEqual({ status: 302, location: landing('email_verified'), referrerPolicy: 'no-referrer' });
    expect(await me(vera)).toMatchObject({ email_verified: true });
    expect((await open(link)).location).toBe(landing('email_verified'));
  });

  it('may stay unconfirmed, and the mail is sent again on request', async () => {
    const una = await somebody('Una Unverified');
    const other = await elsewhere(network, una);
    const request = { email: addressOf(una) };
    await other.expect(200, other.post('/auth/send-verification-email', request));
    await network.mailsTo(addressOf(una), 2);
    const { anonymous } = network;
    await anonymous.expect(200, anonymous.post('/auth/send-verification-email', request));
    expect((await open(await linkTo(addressOf(una), 3))).location).toBe(landing('email_verified'));
    const again = await other.post('/auth/send-verification-email', request);
    expectProblem(again, '/auth/send-verification-email', 400, 'invalid_request');
  });

  it('is answered alike whether it is unknown, confirmed or not', async () => {
    const [ada, bea] = [await somebody('Ada Asked'), await somebody('Bea Asked')];
    await open(await linkTo(addressOf(bea)));
    const answers = [];
    for (const email of [addressOf(ada), addressOf(bea), 'nobody@example.com']) {
      const began = performance.now();
      const { status, text } = await network.anonymous.post('/auth/send-verification-email', { email });
      answers.push([status, text, performance.now() - began >= 495]);
    }
    expect(answers).toEqual(Array(3).fill([200, '{"status":true}', true]));
    await network.mailsTo(addressOf(ada), 2);
    await expectNoMail(addressOf(bea), 1);
    await expectNoMail('nobody@example.com', 0);
  });

  it.each([
    ['of another secret', (email: string) => token({ email }, 'x'.repeat(64))],
    ['that is too old', (email: string) => token({ email }, authSecret, -1)],
    ['of another person', (email: string) => token({ email, userId: '01890a5d-ac96-774b-bcce-b302099a8057' })],
    ['without a signature', (email: string) => `${token({ email }).split('.').slice(0, 2).join('.')}.`],
    ['that is none', () => 'x'],
  ])('is not confirmed by a token %s', async (kind, make) => {
    const vic = await somebody(`Vic ${kind}`);
    const link = new URL(`/auth/verify-email?callbackURL=/&token=${make(addressOf(vic))}`, network.apiUrl);
    expect((await open(link)).location).toBe(landing('invalid_link'));
    expect(await me(vic)).toMatchObject({ email_verified: false });
  });

  it('is not confirmed by the link of who had it before', async () => {
    const first = await somebody('Re Used');
    const link = await linkTo(addressOf(first));
    await first.expect(204, first.send('delete', '/v1/me', {}));
    const second = await somebody('Re Used');
    expect((await open(link)).location).toBe(landing('invalid_link'));
    expect(await me(second)).toMatchObject({ email_verified: false });
  });

  it('belongs to one of ten who sign up with it at once; the others are told', async () => {
    const body = { name: 'Ten At Once', email: 'ten.at.once@example.com', password };
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => network.anonymous.post('/auth/sign-up/email', body)),
    );
    const codes = answers.map(({ status, body }) => (status === 200 ? 'in' : `${status} ${body.code}`));
    expect(codes.sort()).toEqual([...Array(9).fill('409 account_exists'), 'in']);
  });
});

describe('a link', () => {
  const evil = [
    'https://evil.example/x',
    '//evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    'https://evil.example@127.0.0.1/',
    'javascript:alert(1)',
    'data:text/html,x',
    '/%2f%2fevil.example',
    'http:evil.example',
  ];

  it.each(evil)('never leads to %s', async callbackURL => {
    const ona = await somebody(`Ona ${evil.indexOf(callbackURL)}`);
    const link = await linkTo(addressOf(ona));
    link.searchParams.set('callbackURL', callbackURL);
    expect((await open(link)).location).toBe(landing('invalid_link'));
    link.pathname = '/auth/reset-password';
    expect((await open(link)).location).toBe(landing('invalid_link'));
    expect(await me(ona)).toMatchObject({ email_verified: false });
    const [ask, send] = ['/auth/request-password-reset', '/auth/send-verification-email'];
    const email = addressOf(ona);
    expectProblem(await ona.post(ask, { email, redirectTo: callbackURL }), ask, 400, 'invalid_request');
    expectProblem(await ona.post(send, { email, callbackURL }), send, 400, 'invalid_request');
    await expectNoMail(addressOf(ona), 1);
  });

  it('leads to the page here that was asked for', async () => {
    const olga = await somebody('Olga Own');
    const request = { email: addressOf(olga), callbackURL: '/settings?tab=me' };
    await olga.expect(200, olga.post('/auth/send-verification-email', request));
    const link = await linkTo(addressOf(olga), 2);
    expect((await open(link)).location).toBe(`${network.apiUrl}/settings?tab=me&result=email_verified`);
    link.searchParams.set('token', 'x');
    expect((await open(link)).location).toBe(`${network.apiUrl}/settings?tab=me&result=invalid_link`);
  });

  it('leads here whatever a proxy’s headers say, and its token stands in no log', async () => {
    const hugo = await somebody('Hugo Host');
    const forged = { 'X-Forwarded-Host': 'evil.example', 'X-Forwarded-Proto': 'https', Forwarded: 'host=evil.example' };
    const asked = { email: addressOf(hugo) };
    await hugo.expect(200, hugo.post('/auth/request-password-reset', asked, forged));
    const link = await linkTo(addressOf(hugo), 2);
    expect(link.origin).toBe(network.apiUrl);
    await open(link, forged);
    await open(new URL(`${link.href}&callbackURL=x`));
    expect(network.output.join('\n')).not.toContain(link.searchParams.get('token'));
    expect(network.output.join('\n')).not.toContain(addressOf(hugo));
  });
});

describe('a forgotten password', () => {
  const ask = '/auth/request-password-reset';
  const reset = '/auth/reset-password';
  const fresh = 'quite another one';

  /** Asks for a new password, opens the link of the mail, and gives the token that the browser is left with. */
  async function resetToken(persona: Persona, mails: number): Promise<string> {
    const { anonymous } = network;
    await anonymous.expect(200, anonymous.post(ask, { email: addressOf(persona) }));
    const opened = await open(await linkTo(addressOf(persona), mails));
    expect(opened).toMatchObject({ status: 302, referrerPolicy: 'no-referrer' });
    const target = new URL(opened.location);
    expect(`${target.origin}${target.pathname}${target.search}`).toBe(landing('choose_password'));
    return new URLSearchParams(target.hash.slice(1)).get('token')!;
  }

  it('is replaced by means of a mail: once, with all sessions ended and all other links useless', async () => {
    const fay = await somebody('Fay Forgot');
    const [one, two] = [await resetToken(fay, 2), await resetToken(fay, 3)];
    const rows = await network.sql('select identifier, value from auth.verifications');
    for (const secret of [one, two]) expect(JSON.stringify(rows)).not.toContain(secret);
    const { anonymous } = network;
    const answer = await anonymous.post(reset, { token: two, newPassword: fresh });
    expect([answer.status, answer.body]).toEqual([200, { status: true }]);
    expect(answer.headers['set-cookie']).toBeUndefined();
    await fay.expect(401, fay.get('/v1/me'));
    expect((await signIn(fay)).status).toBe(401);
    expect((await signIn(fay, fresh)).status).toBe(200);
    for (const spent of [one, two]) {
      const again = await anonymous.post(reset, { token: spent, newPassword: 'a third password' });
      expectProblem(again, reset, 400, 'invalid_request');
    }
    expect((await open(await linkTo(addressOf(fay), 3))).location).toBe(landing('invalid_link'));
  });

  it('is not replaced twice by one token that is sent ten times at once', async () => {
    const tom = await somebody('Tom Ten');
    const secret = await resetToken(tom, 2);
    const tries = Array.from({ length: 10 }, (_, index) => `new password ${index}`);
    const answers = await Promise.all(
      tries.map(newPassword => network.anonymous.post(reset, { token: secret, newPassword })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(9).fill(400)]);
    const winner = tries[answers.findIndex(({ status }) => status === 200)];
    expect((await signIn(tom, winner)).status).toBe(200);
  });

  it('cannot be replaced after an hour, or by a short one', async () => {
    const lea = await somebody('Lea Late');
    const secret = await resetToken(lea, 2);
    const short = await network.anonymous.post(reset, { token: secret, newPassword: 'short' });
    expectProblem(short, reset, 400, 'invalid_request');
    const [{ minutes }] = await network.sql(
      `select extract(epoch from max(expires_at) - now()) / 60 as minutes from auth.verifications where value = $1`,
      [lea.userId],
    );
    expect(Number(minutes)).toBeGreaterThan(55);
    expect(Number(minutes)).toBeLessThanOrEqual(60);
    await network.sql(`update auth.verifications set expires_at = now() - interval '1 second' where value = $1`, [
      lea.userId,
    ]);
    const late = await network.anonymous.post(reset, { token: secret, newPassword: fresh });
    expectProblem(late, reset, 400, 'invalid_request');
    expect((await signIn(lea)).status).toBe(200);
  });

  it('is asked for with the same answer by who has an account and who has none', async () => {
    const kai = await somebody('Kai Known');
    const answers = [];
    for (const email of [addressOf(kai), 'unknown@example.com', addressOf(kai).toUpperCase()]) {
      const began = performance.now();
      const { status, text } = await network.anonymous.post(ask, { email });
      answers.push([status, text, performance.now() - began >= 495]);
    }
    expect(answers).toEqual(Array(3).fill([200, answers[0]![1], true]));
    await network.mailsTo(addressOf(kai), 3);
    await expectNoMail('unknown@example.com', 0);
  });
});

describe('a password', () => {
  const path = '/auth/change-password';

  it('is changed by who knows it: other sessions end, this one gets another id, and links are useless', async () => {
    const cleo = await somebody('Cleo Change');
    const phone = await elsewhere(network, cleo);
    const { anonymous } = network;
    await anonymous.expect(200, anonymous.post('/auth/request-password-reset', { email: addressOf(cleo) }));
    const link = await linkTo(addressOf(cleo), 2);
    const [before] = await network.sql('select min(id::text) as id from auth.sessions where user_id = $1', [
      cleo.userId,
    ]);
    const changed = await cleo.post(path, { currentPassword: password, newPassword: 'another password' });
    expect(changed.status).toBe(200);
    expect(changed.text).not.toContain('token');
    await cleo.expect(200, cleo.get('/v1/me'));
    await phone.expect(401, phone.get('/v1/me'));
    const after = await network.sql('select id from auth.sessions where user_id = $1', [cleo.userId]);
    expect(after).toHaveLength(1);
    expect(after[0].id).not.toBe(before.id);
    expect((await open(link)).location).toBe(landing('invalid_link'));
    expect([(await signIn(phone)).status, (await signIn(phone, 'another password')).status]).toEqual([401, 200]);
  });

  it('stays with a wrong one, a short one, without a session, and if other sessions were to stay', async () => {
    const dan = await somebody('Dan Denied');
    const change = (body: object, by = dan) =>
      by.post(path, { currentPassword: password, newPassword: 'x'.repeat(20), ...body });
    expectProblem(await change({ currentPassword: 'wrong' }), path, 403, 'wrong_password');
    expectProblem(await change({ newPassword: 'short' }), path, 400, 'invalid_request');
    expectProblem(await change({ revokeOtherSessions: false }), path, 400, 'invalid_request');
    expectProblem(await change({}, network.anonymous), path, 401, 'unauthenticated');
    expect((await signIn(dan)).status).toBe(200);
  });
});

describe('another address', () => {
  const path = '/auth/change-email';
  const change = (persona: Persona, newEmail: string, secret = password) =>
    persona.post(path, { newEmail, password: secret });

  it('is taken once it is confirmed there, and the old one is told', async () => {
    const nina = await somebody('Nina New');
    await nina.expect(200, change(nina, 'Nina.Newest@example.com'));
    const told = (await network.mailsTo(addressOf(nina), 2)).at(-1)!;
    expect(told.subject).toBe('Your e-mail address is about to change');
    expect(told.text).toContain('Nina.Newest@example.com');
    expect(linkIn(told).href).toBe(`${network.apiUrl}/`);
    expect(await me(nina)).toMatchObject({ email: addressOf(nina) });
    const link = await linkTo('nina.newest@example.com');
    expect((await open(link)).location).toBe(landing('email_verified'));
    expect(await me(nina)).toMatchObject({ email: 'nina.newest@example.com', email_verified: true });
    expect((await signIn(network.anonymous, password, addressOf(nina))).status).toBe(401);
    expect((await signIn(network.anonymous, password, 'nina.newest@example.com')).status).toBe(200);
    expect((await open(link)).location).toBe(landing('invalid_link'));
  });

  it('is not for who only has the session', async () => {
    const sam = await somebody('Sam Session');
    expectProblem(await change(sam, 'sams@example.com', 'a wrong password'), path, 403, 'wrong_password');
    expectProblem(await sam.post(path, { newEmail: 'sams@example.com' }), path, 400, 'invalid_request');
    expectProblem(await change(network.anonymous, 'sams@example.com'), path, 401, 'unauthenticated');
    expectProblem(await change(sam, addressOf(sam)), path, 400, 'invalid_request');
    await expectNoMail(addressOf(sam), 1);
    await expectNoMail('sams@example.com', 0);
  });

  it('of somebody else is answered like any other, and not taken', async () => {
    const [tess, theo] = [await somebody('Tess Taken'), await somebody('Theo Taker')];
    const [taken, free] = [await change(theo, addressOf(tess)), await change(theo, 'theos@example.com')];
    expect([taken.status, taken.text]).toEqual([200, free.text]);
    await network.mailsTo(addressOf(theo), 3);
    await expectNoMail(addressOf(tess), 1);
  });

  it('goes to one of two who confirm it at once; the other link has become useless', async () => {
    const pair = [await somebody('Rae Racer'), await somebody('Roy Racer')];
    const links = [];
    for (const [index, persona] of pair.entries()) {
      await persona.expect(200, change(persona, 'same.new.one@example.com'));
      links.push(await linkTo('same.new.one@example.com', index + 1));
    }
    const opened = await Promise.all(links.map(link => open(link)));
    expect(opened.map(({ location }) => location).sort()).toEqual([landing('email_verified'), landing('invalid_link')]);
  });

  it('is not taken by a link that was made before the password was changed', async () => {
    const mia = await somebody('Mia Mended');
    await mia.expect(200, change(mia, 'evil.twin@example.com'));
    const link = await linkTo('evil.twin@example.com');
    // The link's time has no fraction of a second: another second must have begun.
    await sleep(1_100);
    const changed = { currentPassword: password, newPassword: 'another password' };
    await mia.expect(200, mia.post('/auth/change-password', changed));
    expect((await open(link)).location).toBe(landing('invalid_link'));
    expect(await me(mia)).toMatchObject({ email: addressOf(mia) });
  });

  it('cannot be guessed at with a token of another secret', async () => {
    const [ian, ivy] = [await somebody('Ian Innocent'), await somebody('Ivy Involved')];
    const link = (updateTo: string) => {
      const forged = token({ email: addressOf(ian), updateTo, userId: ian.userId }, 'y'.repeat(64));
      return open(new URL(`/auth/verify-email?callbackURL=/&token=${forged}`, network.apiUrl));
    };
    expect(await link(addressOf(ivy))).toEqual(await link('free@example.com'));
  });
});

describe('sessions', () => {
  const list = async (persona: Persona): Promise<any[]> =>
    await persona.expect(200, persona.get('/auth/list-sessions'));

  it('are listed with where they came from, without what opens them', async () => {
    const lola = await somebody('Lola List');
    const phone = network.persona(lola.name);
    const headers = { 'User-Agent': 'Phone', 'X-Forwarded-For': '203.0.113.7' };
    const body = { email: addressOf(lola), password };
    await phone.expect(200, phone.post('/auth/sign-in/email', body, headers));
    await network.sql(`update auth.sessions set created_at = now() - interval '3 days' where user_id = $1`, [
      lola.userId,
    ]);
    const sessions = await list(lola);
    const shown = ['createdAt', 'expiresAt', 'id', 'ipAddress', 'updatedAt', 'userAgent', 'userId'];
    for (const session of sessions) expect(Object.keys(session).sort()).toEqual(shown);
    expect(sessions.map(({ ipAddress }) => ipAddress)).toEqual(['127.0.0.1', '127.0.0.1']);
    expect(sessions.map(({ userAgent }) => userAgent)).toContain('Phone');
  });

  it('are ended one by one or all others at once, by nobody else', async () => {
    const rosa = await somebody('Rosa Revokes');
    const [phone, tablet] = [await elsewhere(network, rosa), await elsewhere(network, rosa)];
    const idOf = async (persona: Persona) => (await persona.get('/auth/get-session')).body.session.id;
    const path = '/auth/revoke-session';
    const stranger = await somebody('Some Stranger');
    expectProblem(await stranger.post(path, { id: await idOf(phone) }), path, 404, 'not_found');
    expectProblem(await rosa.post(path, { id: 'x' }), path, 400, 'invalid_request');
    expectProblem(await network.anonymous.post(path, { id: await idOf(phone) }), path, 401, 'unauthenticated');
    await phone.expect(200, phone.get('/v1/me'));
    await rosa.expect(200, rosa.post(path, { id: await idOf(phone) }));
    await phone.expect(401, phone.get('/v1/me'));
    await rosa.expect(200, rosa.post('/auth/revoke-other-sessions', {}));
    await tablet.expect(401, tablet.get('/v1/me'));
    expect(await list(rosa)).toHaveLength(1);
    await stranger.expect(200, stranger.get('/v1/me'));
  });
});
