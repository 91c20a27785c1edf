import { type AnotherApi, type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { Answer, Persona } from '@pagekeeper/testing/network/persona';
import type { Program, Tenant } from '@pagekeeper/testing/network/tenant';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { holdAnswersToTheContract, holdProblem } from './contract.ts';

holdAnswersToTheContract();

const password = 'pagekeeper-demo';
const signIn = '/auth/sign-in/email';

/** What a limit says of itself. */
function limitOf({ headers }: Answer): { policy: string; q: number; w: number; r: number; t: number } {
  const [, policy, q, w] = /^"([a-z]+)";q=(\d+);w=(\d+)$/.exec(headers['ratelimit-policy'] ?? '') ?? [];
  const [, name, r, t] = /^"([a-z]+)";r=(\d+);t=(\d+)$/.exec(headers.ratelimit ?? '') ?? [];
  expect(name).toBe(policy);
  return { policy: policy!, q: Number(q), w: Number(w), r: Number(r), t: Number(t) };
}

function expectOverLimit(answer: Answer, path: string): void {
  expect([answer.status, answer.body.code]).toEqual([429, 'over_limit']);
  holdProblem(path, answer);
  expect(answer.body.detail).toContain(`Try again in ${answer.headers['retry-after']} seconds.`);
}

const statusesOf = (answers: readonly Answer[]) => {
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
};

const times = <Made>(count: number, make: (index: number) => Promise<Made>): Promise<Made[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => make(index)));

/** What a burst was answered, and what was sent as soon as the first of it was refused: pauses are short. */
async function duringPause<Next>(
  count: number,
  make: (index: number) => Promise<Answer>,
  next: () => Promise<Next>,
): Promise<[Answer[], Next]> {
  const burst = Array.from({ length: count }, (_, index) => make(index));
  const refused = burst.map(answer => answer.then(({ status }) => (status === 429 ? status : Promise.reject(status))));
  const after = Promise.any(refused).then(next);
  return Promise.all([Promise.all(burst), after]);
}

/** From the beginning of a window, so that it does not end in the middle of what follows. */
async function inFreshWindow(who: Persona): Promise<void> {
  const look = async () => {
    const { q, r, t } = limitOf(await who.get('/v1/organizations'));
    return [t, q - r];
  };
  await expect.poll(look, { timeout: 20_000, interval: 50 }).toEqual([10, 1]);
}

const queues = inject('servers').redisUrl ? (['postgres', 'redis'] as const) : (['postgres'] as const);

describe.each(queues)('rate limits, counted in %s', queue => {
  let network: Network;
  let acme: Tenant;
  let apis: AnotherApi[];
  let keys: Program['key'][];
  let owner: Persona;

  beforeAll(async () => {
    network = await startNetwork({ worker: false, queue });
    acme = await network.tenant('acme');
    keys = [(await acme.program({ role: 'MEMBER' })).key, (await acme.program({ role: 'MEMBER' })).key];
    const limits = { RATE_LIMIT_PER_10_SECONDS: '40' };
    apis = [await network.anotherApi(limits), await network.anotherApi(limits)];
    owner = apis[0]!.persona('owner');
    await owner.expect(200, owner.post(signIn, { email: acme.owner.email, password }));
  }, 120_000);

  afterAll(async () => {
    await Promise.all((apis ?? []).map(api => api.stop()));
    await network?.stop();
  });

  const program = (key: number, api = 0) => apis[api]!.program('program', keys[key].secret);

  it('are each key’s and each person’s own, and said with every answer', async () => {
    const [first, second] = [program(0), program(1)];
    await inFreshWindow(first);
    const answers = await times(60, () => first.get(`${acme.path}/businesses`));
    expect(statusesOf(answers)).toEqual({ 200: 39, 429: 21 });
    const refused = answers.find(({ status }) => status === 429)!;
    expectOverLimit(refused, `${acme.path}/businesses`);
    expect(limitOf(refused)).toMatchObject({ policy: 'callers', q: 40, w: 10, r: 0 });
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(10);
    // Refused before anything is read.
    expectOverLimit(
      await first.post(`${acme.path}/businesses`, 'x', { 'Content-Type': 'text/plain' }),
      `${acme.path}/businesses`,
    );
    // What made the tenant counted for the owner, too, under other limits.
    await inFreshWindow(owner);
    for (const persona of [second, owner]) {
      const answer = await persona.get(`${acme.path}/businesses`);
      expect([answer.status, limitOf(answer).q]).toEqual([200, 40]);
    }
  });

  it('are one limit for all processes', async () => {
    const [here, there] = [program(1), program(1, 1)];
    await inFreshWindow(here);
    const answers = await times(80, index => (index % 2 ? here : there).get(acme.path));
    expect(statusesOf(answers)).toEqual({ 200: 39, 429: 41 });
  });

  it('are said with refusals of every kind', async () => {
    const second = program(1);
    await inFreshWindow(second);
    const answers = [
      await second.get(`${acme.path}?x=1`),
      await second.get('/v1/organizations/nobodys'),
      await second.post(`${acme.path}/businesses`, { name: 'x' }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([400, 404, 403]);
    for (const answer of answers) expect(limitOf(answer).policy).toBe('callers');
    for (const [method, path] of [
      ['get', '/v1'],
      ['get', '/v1/no-such'],
      ['put', '/v1/organizations'],
      ['get', '/v1/organizations/%ff'],
    ] as const) {
      expect(limitOf(await apis[0]!.persona('nobody').send(method, path)).policy).toBe('strangers');
    }
  });
});

describe('behind a proxy', () => {
  let network: Network;
  let acme: Tenant;
  let api: AnotherApi;
  let unproxied: AnotherApi;

  beforeAll(async () => {
    network = await startNetwork({ worker: false });
    acme = await network.tenant('acme');
    api = await network.anotherApi({
      TRUST_PROXY: '1',
      RATE_LIMIT_STRANGERS_PER_MINUTE: '20',
      RATE_LIMIT_ATTEMPTS_PER_MINUTE: '30',
      RATE_LIMIT_FREE_GUESSES: '3',
      RATE_LIMIT_MAILS_PER_HOUR: '5',
    });
    unproxied = await network.anotherApi({ RATE_LIMIT_STRANGERS_PER_MINUTE: '20' });
  }, 120_000);

  afterAll(async () => {
    await Promise.all([api?.stop(), unproxied?.stop()]);
    await network?.stop();
  });

  const from = (address: string) => ({ 'X-Forwarded-For': address });
  const invented = (index: number) => ({ Authorization: `Bearer pgk_live_${String(index).padStart(43, 'x')}` });
  const get = (headers: Record<string, string>, who = api.persona('nobody')) => who.get(acme.path, headers);

  it('strangers are counted by their address, whatever they show; who is somebody is not', async () => {
    const keys = [(await acme.program({ role: 'MEMBER' })).key, (await acme.program({ role: 'MEMBER' })).key];
    const [program, unused] = keys.map(({ secret }) => api.program('program', secret));
    const owner = api.persona('owner');
    await owner.expect(200, owner.post(signIn, { email: acme.owner.email, password }, from('203.0.113.1')));
    expect((await get(from('203.0.113.1'), program)).status).toBe(200);
    const answers = await times(30, index => get({ ...from('203.0.113.1'), ...(index % 2 ? invented(index) : {}) }));
    expect(statusesOf(answers)).toEqual({ 401: 20, 429: 10 });
    expectOverLimit(answers.find(({ status }) => status === 429)!, acme.path);
    // Not even looked up: it could be invented. One that was good a moment ago is.
    expect((await get(from('203.0.113.1'), unused)).status).toBe(429);
    expect((await get(from('203.0.113.1'), program)).status).toBe(200);
    expect((await get(from('203.0.113.1'), owner)).status).toBe(200);
    expect((await get(from('203.0.113.2'), unused)).status).toBe(200);
    expect((await get(from('203.0.113.2'))).status).toBe(401);
  });

  it('strangers are nobody before anything that they sent is read, and count as nobody', async () => {
    const asked = [`${acme.path}?no_such=1`, `${acme.path}/businesses?limit=x`, acme.path, '/v1/organizations/No!'];
    const counted = () => network.sql(`select key from bullmq.rate_limits where key like 'callers:key:%' order by key`);
    const before = await counted();
    const nobody = api.persona('nobody');
    const answers = await times(32, index =>
      nobody.get(asked[index % 4]!, { ...from('203.0.113.9'), ...invented(index) }),
    );
    expect(statusesOf(answers)).toEqual({ 401: 20, 429: 12 });
    for (const answer of answers) expect(limitOf(answer).policy).toBe('strangers');
    expect(await counted()).toEqual(before);
  });

  it('strangers with IPv6 are counted by their network', async () => {
    const answers = await times(30, index => get(from(`2001:db8:7:7:${index.toString(16)}::${index + 1}`)));
    expect(statusesOf(answers)).toEqual({ 401: 20, 429: 10 });
    expect((await get(from('2001:db8:7:8::1'))).status).toBe(401);
  });

  it('strangers cannot choose their address: what they write stands before what the proxy adds', async () => {
    const answers = await times(30, index => get(from(`10.0.0.${index}, 203.0.113.3`)));
    expect(statusesOf(answers)).toEqual({ 401: 20, 429: 10 });
    expect((await get(from('10.0.0.1'))).status).toBe(401);
  });

  it('or without one X-Forwarded-For changes nothing, for limits and for sessions', async () => {
    const headers = (index: number) => ({
      'X-Forwarded-For': `203.0.113.${index}`,
      Forwarded: `for=203.0.113.${index}`,
      'X-Real-IP': `203.0.113.${index}`,
    });
    const nobody = unproxied.persona('nobody');
    const answers = await times(30, index => nobody.get(acme.path, headers(index)));
    expect(statusesOf(answers)).toEqual({ 401: 20, 429: 10 });
    const credentials = { email: acme.owner.email, password };
    await nobody.expect(200, nobody.post(signIn, credentials, { ...headers(7), 'User-Agent': 'no proxy' }));
    await nobody.expect(
      200,
      api.persona('owner').post(signIn, credentials, { ...from('10.9.9.9, 192.0.2.7'), 'User-Agent': 'proxy' }),
    );
    const sessions = await network.sql(
      `select ip_address, user_agent from auth.sessions where user_agent like '%proxy' order by 2`,
    );
    expect(sessions.map(({ ip_address }) => ip_address)).toEqual(['127.0.0.1', '192.0.2.7']);
  });

  const attempt = (address: string, email: string, given = 'wrong password') =>
    api.persona('nobody').post(signIn, { email, password: given }, from(address));

  it('signing in and up may be tried so often from one address', async () => {
    const answers = await times(40, index => attempt('198.51.100.1', `nobody.${index}@example.com`));
    expect(statusesOf(answers)).toEqual({ 401: 30, 429: 10 });
    const refused = answers.find(({ status }) => status === 429)!;
    expectOverLimit(refused, signIn);
    expect(limitOf(refused)).toMatchObject({ policy: 'attempts', q: 30, w: 60, r: 0 });
    const body = { name: 'New', email: 'new.comer@example.com', password };
    const signUp = (address: string) => api.persona('nobody').post('/auth/sign-up/email', body, from(address));
    expectOverLimit(await signUp('198.51.100.1'), '/auth/sign-up/email');
    expect((await signUp('198.51.100.2')).status).toBe(200);
    // Nothing is guessed at here.
    const session = await api.persona('nobody').get('/auth/get-session', from('198.51.100.1'));
    expect(session.status).toBe(200);
  });

  it('leaving for good, which takes the password too, counts as such a try, and as a guess', async () => {
    const thief = api.persona('owner');
    const credentials = { email: acme.owner.email, password };
    await thief.expect(200, thief.post(signIn, credentials, from('198.51.100.90')));
    await network.sql(`update auth.sessions set created_at = created_at - interval '1 day'`);
    const answers = await times(40, () =>
      thief.send('delete', '/v1/me', { password: 'wrong password' }, from('198.51.100.91')),
    );
    expect(statusesOf(answers)).toEqual({ 403: 4, 429: 36 });
    const refused = answers.find(({ status }) => status === 429)!;
    expectOverLimit(refused, '/v1/me');
    // What the pause is about, not what else was counted and within its limit.
    expect(limitOf(answers.find(({ headers }) => headers['ratelimit-policy']?.includes('guesses'))!)).toMatchObject({
      policy: 'guesses',
      q: 3,
      r: 0,
    });
  });

  it('a session alone does not find the password out, from however many addresses', async () => {
    const thief = api.persona('member');
    await thief.expect(200, thief.post(signIn, { email: acme.member.email, password }, from('198.51.100.92')));
    const path = '/auth/change-password';
    const guess = (index: number, currentPassword = `wrong ${index}`) =>
      thief.post(path, { currentPassword, newPassword: 'another password' }, from(`198.51.100.${100 + index}`));
    const disable = () => thief.post('/auth/two-factor/disable', { password: 'wrong' }, from('198.51.100.121'));
    const [answers, others] = await duringPause(12, guess, () => Promise.all([guess(20, password), disable()]));
    expect(statusesOf(answers)).toEqual({ 403: 4, 429: 8 });
    expectOverLimit(answers.find(({ status }) => status === 429)!, path);
    expect(statusesOf(others)).toEqual({ 429: 2 });
  });

  it('nobody is kept from a new password by who asks for other mails to their address', async () => {
    const { email } = acme.admin;
    const ask = (path: string) => api.persona('nobody').post(path, { email }, from('198.51.100.131'));
    expect(statusesOf(await times(6, () => ask('/auth/send-verification-email')))).toEqual({ 200: 5, 429: 1 });
    expect((await ask('/auth/request-password-reset')).status).toBe(200);
  });

  it('a mailbox gets so many mails that anybody asks for, whether it has an account or not', async () => {
    for (const email of [acme.owner.email, 'nobody.at.all@example.com']) {
      const answers = await times(8, index =>
        api
          .persona('nobody')
          .post(
            '/auth/request-password-reset',
            { email: index % 2 ? email : email.toUpperCase() },
            from('198.51.100.130'),
          ),
      );
      expect(statusesOf(answers), email).toEqual({ 200: 5, 429: 3 });
      expectOverLimit(answers.find(({ status }) => status === 429)!, '/auth/request-password-reset');
    }
  });

  it('who has a mailbox is told of so many new addresses, whatever they are', async () => {
    const mover = api.persona('admin');
    await mover.expect(200, mover.post(signIn, { email: acme.admin.email, password }, from('198.51.100.140')));
    const path = '/auth/change-email';
    // One after the other: passwords that are looked at together count as guesses.
    const answers: Answer[] = [];
    for (let index = 0; index < 8; index += 1) {
      const body = { newEmail: `moved.${index}@example.com`, password };
      answers.push(await mover.post(path, body, from('198.51.100.141')));
    }
    expect(statusesOf(answers)).toEqual({ 200: 5, 429: 3 });
    expectOverLimit(answers.find(({ status }) => status === 429)!, path);
  });

  it('signing in leads to pauses where passwords are guessed, from however many addresses', async () => {
    const { email } = acme.admin;
    const guess = (index: number) => attempt(`198.51.100.${10 + index}`, index % 2 ? email : email.toUpperCase());
    const [answers, right] = await duringPause(12, guess, () => attempt('198.51.100.30', email, password));
    expect(statusesOf(answers)).toEqual({ 401: 4, 429: 8 });
    expectOverLimit(answers.find(({ status }) => status === 429)!, signIn);
    // The right password is not looked at either: who guesses must not learn that it was right.
    expect(right.status).toBe(429);
    expect((await attempt('198.51.100.30', acme.owner.email, password)).status).toBe(200);
    // The pause is 5 seconds; the next one is 10.
    await expect
      .poll(async () => (await attempt('198.51.100.31', email)).status, { timeout: 15_000, interval: 200 })
      .toBe(401);
    const waits = (await attempt('198.51.100.32', email)).headers['retry-after'];
    expect(Number(waits)).toBeGreaterThan(5);
    expect(Number(waits)).toBeLessThanOrEqual(10);
    expect((await network.sql(`select key from bullmq.rate_limits`)).map(({ key }) => key).join()).not.toContain('@');
  }, 60_000);

  it('signing in cannot be spoilt by strangers for who signs in from where they did before', async () => {
    const { email } = acme.member;
    expect((await attempt('198.51.100.50', email, password)).status).toBe(200);
    const [answers, [here, elsewhere]] = await duringPause(
      12,
      index => attempt(`198.51.100.${60 + index}`, email),
      () => Promise.all([attempt('198.51.100.50', email, password), attempt('198.51.100.51', email, password)]),
    );
    expect(statusesOf(answers)).toEqual({ 401: 4, 429: 8 });
    expect([here.status, elsewhere.status]).toEqual([200, 429]);
  });

  it('guessing begins anew after the right password, and counts no request that guesses nothing', async () => {
    const { email } = acme.owner;
    const [here, elsewhere] = ['198.51.100.80', '198.51.100.81'];
    for (let round = 0; round < 4; round += 1) {
      for (let guess = 0; guess < 3; guess += 1) expect((await attempt(here, email)).status).toBe(401);
      expect((await attempt(here, email, password)).status).toBe(200);
    }
    for (let index = 0; index < 8; index += 1) {
      const odd = await api.persona('nobody').post(signIn, { email: 'odd@example.com' }, from(elsewhere));
      expect(odd.status).toBe(400);
    }
    expect((await attempt(elsewhere, 'odd@example.com')).status).toBe(401);
  });
});
