import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withClient } from '@pagekeeper/testing/database/template';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { Answer, Persona } from '@pagekeeper/testing/network/persona';
import { repositoryFolder } from '@pagekeeper/testing/processes';
import { secretIn, totp } from '@pagekeeper/testing/totp';
import { symmetricDecrypt } from 'better-auth/crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { holdAnswersToTheContract, holdProblem } from './contract.ts';
import { addressOf, elsewhere, linkIn, open, password, signIn } from './people.ts';

holdAnswersToTheContract();

const authSecret = randomBytes(32).toString('hex');
let network: Network;

beforeAll(async () => {
  network = await startNetwork({ worker: false, mail: true, apiEnv: { AUTH_SECRET: authSecret } });
}, 60_000);

afterAll(() => network?.stop());

const enable = '/auth/two-factor/enable';
const verify = '/auth/two-factor/verify-totp';
const spend = '/auth/two-factor/verify-backup-code';
const renew = '/auth/two-factor/generate-backup-codes';
const disable = '/auth/two-factor/disable';

/** Somebody with a second factor, signed in. */
async function guarded(name: string): Promise<{ persona: Persona; uri: string; codes: string[] }> {
  const persona = await network.persona(name).signUp();
  const { totpURI: uri, backupCodes: codes } = await persona.expect(200, persona.post(enable, { password }));
  await persona.expect(200, persona.post(verify, { code: totp(uri) }));
  return { persona, uri, codes };
}

/** Another browser of theirs, which knows the password and has the second step before it. */
async function halfway({ name }: Persona, secret = password): Promise<Persona> {
  const browser = network.persona(name);
  const answer = await signIn(browser, secret);
  expect([answer.status, answer.body]).toEqual([200, { twoFactorRedirect: true, twoFactorMethods: ['totp'] }]);
  return browser;
}

const wrongCode = (uri: string) => String((Number(totp(uri)) + 1) % 1_000_000).padStart(6, '0');

/** Not a code of the minutes around now either. */
function farCode(uri: string): string {
  const near = [-60_000, -30_000, 0, 30_000, 60_000].map(distance => totp(uri, Date.now() + distance));
  let code = wrongCode(uri);
  while (near.includes(code)) code = String((Number(code) + 1) % 1_000_000).padStart(6, '0');
  return code;
}

function expectProblem(answer: Answer, path: string, status: number, code: string): void {
  expect([answer.status, answer.body.code]).toEqual([status, code]);
  holdProblem(path, answer);
}

/** As whoever reads the mail of that address. */
async function resetByMail(persona: Persona): Promise<void> {
  const { anonymous } = network;
  await anonymous.expect(200, anonymous.post('/auth/request-password-reset', { email: addressOf(persona) }));
  const { location } = await open(linkIn((await network.mailsTo(addressOf(persona), 2)).at(-1)!));
  const token = new URLSearchParams(new URL(location).hash.slice(1)).get('token');
  await anonymous.expect(200, anonymous.post('/auth/reset-password', { token, newPassword: 'another password' }));
  expect(await isIn(anonymous)).toBe(false);
}

/** What the runbook types as the role auth, command by command. */
const statementsOfTheRunbook = (): string[][] =>
  readFileSync(join(repositoryFolder, 'infra/runbooks/rotate-keys.md'), 'utf8')
    .split('\n')
    .filter(line => line.includes('--role auth'))
    .map(line => [...line.matchAll(/-c "([^"]+)"/g)].map(([, statement]) => statement!));

const asAuth = (statements: string[]) =>
  withClient(network.database.urls.auth, async client => {
    for (const statement of statements) await client.query(statement);
  });

const isIn = async (persona: Persona) => (await persona.get('/v1/me')).status === 200;

describe('a second factor', () => {
  it('is in force from its first good code on, under a new session id', async () => {
    const tia = await network.persona('Tia Two').signUp();
    expectProblem(await tia.post(enable, { password: 'not the password' }), enable, 403, 'wrong_password');
    expectProblem(await network.anonymous.post(enable, { password }), enable, 401, 'unauthenticated');
    const begun = await tia.expect(200, tia.post(enable, { password }));
    expect(Object.keys(begun).sort()).toEqual(['backupCodes', 'method', 'totpURI']);
    expect(begun.totpURI).toMatch(/^otpauth:\/\/totp\/Pagekeeper:/);
    expect(new Set(begun.backupCodes).size).toBe(10);
    expect((await elsewhere(network, tia)).name).toBe(tia.name);

    const idOf = async () => (await tia.get('/auth/get-session')).body.session.id;
    const before = await idOf();
    expectProblem(await tia.post(verify, { code: farCode(begun.totpURI) }), verify, 401, 'wrong_code');
    expect(await tia.expect(200, tia.get('/v1/me'))).toMatchObject({ two_factor_enabled: false });
    await tia.expect(200, tia.post(verify, { code: totp(begun.totpURI) }));
    expect(await tia.expect(200, tia.get('/v1/me'))).toMatchObject({ two_factor_enabled: true });
    expect(await idOf()).not.toBe(before);
    expectProblem(await tia.post(enable, { password }), enable, 400, 'invalid_request');
  });

  it('stands between password and session', async () => {
    const { persona, uri } = await guarded('Sia Second');
    const browser = network.persona(persona.name);
    const { headers } = await signIn(browser);
    const cookies = [headers['set-cookie'] ?? []].flat();
    expect(cookies.filter(cookie => /session_token=[^;]/.test(cookie))).toEqual([]);
    const challenge = cookies.find(cookie => cookie.startsWith('pagekeeper.two_factor='))!;
    expect(challenge).toMatch(/; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax$/);
    expect(await isIn(browser)).toBe(false);
    expect((await browser.get('/auth/get-session')).body).toBeNull();
    expectProblem(await browser.post(verify, { code: farCode(uri) }), verify, 401, 'wrong_code');
    expect(await isIn(browser)).toBe(false);
    await browser.expect(200, browser.post(verify, { code: totp(uri) }));
    expect(await isIn(browser)).toBe(true);

    // The step was taken: the same cookie is good for nothing any more.
    const stolen = await network.anonymous.post(verify, { code: totp(uri) }, { Cookie: challenge.split(';')[0] });
    expectProblem(stolen, verify, 401, 'unauthenticated');
    expectProblem(await network.anonymous.post(verify, { code: totp(uri) }), verify, 401, 'unauthenticated');
  });

  it('is asked for in every browser: none can be told to be trusted', async () => {
    const { persona, uri } = await guarded('Tom Trust');
    const browser = await halfway(persona);
    const trusting = await browser.post(verify, { code: totp(uri), trustDevice: true });
    expectProblem(trusting, verify, 400, 'invalid_request');
    await browser.expect(200, browser.post(verify, { code: totp(uri) }));
    const again = await signIn(browser);
    expect(again.body.twoFactorRedirect).toBe(true);
  });

  it('is not guessed: five wrong codes end the step, ten lock it for a quarter of an hour', async () => {
    const { persona, uri, codes } = await guarded('Gus Guessed');
    for (let round = 0; round < 2; round += 1) {
      const browser = await halfway(persona);
      for (let guess = 0; guess < 5; guess += 1) {
        expectProblem(await browser.post(verify, { code: farCode(uri) }), verify, 401, 'wrong_code');
      }
      const sixth = await browser.post(verify, { code: totp(uri) });
      expect([400, 429]).toContain(sixth.status);
      expect(await isIn(browser)).toBe(false);
    }
    const browser = await halfway(persona);
    for (const [path, code] of [
      [verify, totp(uri)],
      [spend, codes[0]!],
    ] as const) {
      const locked = await browser.post(path, { code });
      expectProblem(locked, path, 429, 'over_limit');
      expect(locked.headers['retry-after']).toBe('900');
    }
    // Who is signed in already stays so.
    expect(await isIn(persona)).toBe(true);
  });

  it('is not passed by with a new password', async () => {
    const { persona, uri } = await guarded('Nat New');
    await open(linkIn((await network.mailsTo(addressOf(persona)))[0]!));
    await resetByMail(persona);
    const browser = await halfway(persona, 'another password');
    await browser.expect(200, browser.post(verify, { code: totp(uri) }));
    expect(await isIn(browser)).toBe(true);
  });

  it('of somebody who never confirmed the address keeps its owner out of nothing', async () => {
    const { persona: squatter, uri } = await guarded('Vic Victim');
    const underWay = await halfway(squatter);
    await resetByMail(squatter);
    const owner = network.persona(squatter.name);
    expect((await signIn(owner, 'another password')).status).toBe(200);
    expect(await owner.expect(200, owner.get('/v1/me'))).toMatchObject({ two_factor_enabled: false });
    expect(await network.sql('select from auth.two_factors where user_id = $1', [squatter.userId])).toEqual([]);
    expect(await isIn(squatter)).toBe(false);
    expectProblem(await underWay.post(verify, { code: totp(uri) }), verify, 401, 'unauthenticated');
  });

  it('is taken away with the password only', async () => {
    const { persona } = await guarded('Dee Disabled');
    expectProblem(await persona.post(disable, { password: 'wrong' }), disable, 403, 'wrong_password');
    expectProblem(await persona.post(disable, {}), disable, 400, 'invalid_request');
    await persona.expect(200, persona.post(disable, { password }));
    expect(await persona.expect(200, persona.get('/v1/me'))).toMatchObject({ two_factor_enabled: false });
    expect(await isIn(await elsewhere(network, persona))).toBe(true);
    expect(await network.sql('select from auth.two_factors where user_id = $1', [persona.userId])).toEqual([]);
  });

  it('is taken away by an operator, as the runbook says, from who lost it and from everybody', async () => {
    const [olga, other] = [await guarded('Olga Lost'), await guarded('Otto Other')];
    const [fromAll, fromOne] = statementsOfTheRunbook();
    await asAuth(fromOne!.map(text => text.replaceAll('olga@acme.example', addressOf(olga.persona))));
    const again = await elsewhere(network, olga.persona);
    const { totpURI } = await again.expect(200, again.post(enable, { password }));
    await again.expect(200, again.post(verify, { code: totp(totpURI) }));
    await halfway(other.persona);
    await asAuth(fromAll!);
    for (const { persona } of [olga, other]) expect(await isIn(await elsewhere(network, persona))).toBe(true);
  });

  it('is one, however often it is asked for at once', async () => {
    const eva = await network.persona('Eva Eager').signUp();
    const answers = await Promise.all(Array.from({ length: 6 }, () => eva.post(enable, { password })));
    for (const answer of answers) {
      if (answer.status !== 200) expectProblem(answer, enable, 409, 'request_in_flight');
    }
    expect(await network.sql('select from auth.two_factors where user_id = $1', [eva.userId])).toHaveLength(1);
    const { totpURI } = await eva.expect(200, eva.post(enable, { password }));
    await eva.expect(200, eva.post(verify, { code: totp(totpURI) }));
  });
});

describe('backup codes', () => {
  it('work once each, in place of the app', async () => {
    const { persona, codes } = await guarded('Bo Backup');
    const browser = await halfway(persona);
    await browser.expect(200, browser.post(spend, { code: codes[3] }));
    expect(await isIn(browser)).toBe(true);
    const again = await halfway(persona);
    expectProblem(await again.post(spend, { code: codes[3] }), spend, 401, 'wrong_code');
    expect(await isIn(again)).toBe(false);
    await again.expect(200, again.post(spend, { code: codes[4] }));
  });

  it('work once even if one is sent from ten browsers at once', async () => {
    const { persona, codes } = await guarded('Ben Ten');
    const browsers = [];
    for (let count = 0; count < 10; count += 1) browsers.push(await halfway(persona));
    const answers = await Promise.all(browsers.map(browser => browser.post(spend, { code: codes[0] })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const { status, body } of answers) {
      expect([200, 401, 409]).toContain(status);
      if (status === 409) expect(body.code).toBe('request_in_flight');
    }
  });

  it('are replaced by new ones with the password', async () => {
    const { persona, codes } = await guarded('Ria Renewed');
    expectProblem(await persona.post(renew, { password: 'wrong' }), renew, 403, 'wrong_password');
    const { backupCodes } = await persona.expect(200, persona.post(renew, { password }));
    const browser = await halfway(persona);
    expectProblem(await browser.post(spend, { code: codes[0] }), spend, 401, 'wrong_code');
    await browser.expect(200, browser.post(spend, { code: backupCodes[0] }));
  });
});

describe('what is stored of a second factor', () => {
  it('is encrypted with a key outside of the database, and told to nobody again', async () => {
    const { persona, uri, codes } = await guarded('Enc Rypted');
    const [row] = await network.sql('select secret, backup_codes from auth.two_factors where user_id = $1', [
      persona.userId,
    ]);
    const secret = secretIn(uri).toString();
    expect(await symmetricDecrypt({ key: authSecret, data: row.secret })).toBe(secret);
    expect(JSON.parse(await symmetricDecrypt({ key: authSecret, data: row.backup_codes }))).toEqual(codes);
    const secrets = [secret, new URL(uri).searchParams.get('secret')!, ...codes];
    const [stored, said] = [JSON.stringify(row), network.output.join('\n')];
    for (const text of secrets) expect([stored.includes(text), said.includes(text)]).toEqual([false, false]);
    for (const path of ['/v1/me', '/auth/get-session', '/auth/list-sessions']) {
      const { text } = await persona.get(path);
      for (const told of secrets) expect(text).not.toContain(told);
    }
  });
});
