import { createHmac, randomBytes } from 'node:crypto';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { Answer } from '@pagekeeper/testing/network/persona';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { holdAnswersToTheContract } from './contract.ts';
import { password } from './people.ts';

holdAnswersToTheContract();

/** Where browsers find the api; a proxy in front of it speaks https. */
const PUBLIC_URL = 'https://app.pagekeeper.example';
const authSecret = randomBytes(32).toString('hex');
const signUp = '/auth/sign-up/email';
const signIn = '/auth/sign-in/email';
const name = '__Host-pagekeeper.session_token';

let network: Network;

beforeAll(async () => {
  network = await startNetwork({ worker: false, apiEnv: { AUTH_SECRET: authSecret, PUBLIC_URL } });
  const { anonymous } = network;
  for (const email of [victim, attacker]) {
    await anonymous.expect(200, anonymous.post(signUp, { name: 'Somebody', email, password }, { Origin: PUBLIC_URL }));
  }
}, 60_000);

afterAll(() => network?.stop());

const victim = 'victim@example.com';
const attacker = 'attacker@example.com';

/** Signs in without the cookie jar of a persona, which sends no Secure cookie over http. */
const enter = (email: string, headers: Record<string, string> = {}): Promise<Answer> =>
  network.anonymous.post(signIn, { email, password }, { Origin: PUBLIC_URL, ...headers });

const cookiesOf = ({ headers }: Answer): string[] => [headers['set-cookie'] ?? []].flat();
const pairOf = (cookie: string): string => cookie.split(';', 1)[0]!;
const whoIs = async (cookie: string): Promise<string | undefined> =>
  (await network.anonymous.get('/v1/me', { Cookie: cookie })).body.email;

describe('over https, a session', () => {
  it('is in a cookie that no other host and no script can set or read', async () => {
    const [cookie, ...more] = cookiesOf(await enter(victim));
    expect(more).toEqual([]);
    expect(cookie).toMatch(
      /^__Host-pagekeeper\.session_token=[^;]+; Max-Age=604800; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    );
    expect(await whoIs(pairOf(cookie!))).toBe(victim);
  });

  it('is not taken from a cookie without the prefix, which another host could have set', async () => {
    const value = pairOf(cookiesOf(await enter(victim))[0]!).slice(name.length + 1);
    expect(await whoIs(`${name}=${value}`)).toBe(victim);
    expect(await whoIs(`pagekeeper.session_token=${value}`)).toBeUndefined();
  });
});

describe('a cookie that was there before somebody signed in', () => {
  const signed = (token: string) =>
    `${name}=${encodeURIComponent(`${token}.${createHmac('sha256', authSecret).update(token).digest('base64')}`)}`;

  it.each([
    ['made up', () => `${name}=${'a'.repeat(32)}.${'b'.repeat(43)}%3D`],
    ['signed, for no session', () => signed('c'.repeat(32))],
    ['of another person’s session', async () => pairOf(cookiesOf(await enter(attacker))[0]!)],
  ])('is not adopted when it is %s', async (_, make) => {
    const preset = await make();
    const answer = await enter(victim, { Cookie: preset });
    expect(answer.status).toBe(200);
    const fresh = pairOf(cookiesOf(answer).find(cookie => cookie.startsWith(name))!);
    expect(fresh).not.toBe(preset);
    expect(await whoIs(fresh)).toBe(victim);
    expect(await whoIs(preset)).not.toBe(victim);
  });

  it('does not stay the same from one sign-in to the next', async () => {
    const first = pairOf(cookiesOf(await enter(victim))[0]!);
    const second = pairOf(cookiesOf(await enter(victim, { Cookie: first }))[0]!);
    expect(second).not.toBe(first);
    const rows = await network.sql('select id from auth.sessions');
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
  });
});

describe('another site', () => {
  it.each([
    'https://evil.example',
    'http://app.pagekeeper.example',
    'https://app.pagekeeper.example.evil.example',
    'null',
  ])('at %s signs nobody in, with or without a cookie', async Origin => {
    const cookie = pairOf(cookiesOf(await enter(victim))[0]!);
    const more: Record<string, string>[] = [{}, { Cookie: cookie }, { 'X-Forwarded-Host': 'evil.example' }];
    for (const headers of more) {
      const answer = await enter(attacker, { Origin, ...headers });
      expect([answer.status, cookiesOf(answer)]).toEqual([403, []]);
    }
  });
});
