import { createHmac } from 'node:crypto';
import type { CaughtMail, Network } from '@pagekeeper/testing/network/network';
import type { Answer, Persona } from '@pagekeeper/testing/network/persona';
import { expect } from 'vitest';

export const password = 'pagekeeper-demo';

/** Mail is sent to addresses as better-auth stores them. */
export const addressOf = ({ email }: Persona): string => email.toLowerCase();

export const signIn = (persona: Persona, secret = password, email = addressOf(persona)): Promise<Answer> =>
  persona.post('/auth/sign-in/email', { email, password: secret });

/** The same person in another browser, signed in. */
export async function elsewhere(network: Network, { name }: Persona): Promise<Persona> {
  const other = network.persona(name);
  await other.expect(200, signIn(other));
  return other;
}

/** Where a mail's one button leads; the text says the same. */
export function linkIn({ html, text }: CaughtMail): URL {
  const links = [...html.matchAll(/href="([^"]+)"/g)].map(match => match[1]!.replaceAll('&amp;', '&'));
  expect(links).toHaveLength(1);
  expect(text).toContain(links[0]);
  return new URL(links[0]!);
}

/** Opens a link as a browser that is signed in nowhere would, as far as the first redirect. */
export async function open(link: URL, headers: Record<string, string> = {}) {
  const response = await fetch(link, { redirect: 'manual', headers });
  return {
    status: response.status,
    location: response.headers.get('location') ?? '',
    referrerPolicy: response.headers.get('referrer-policy'),
  };
}

/** The code that an authenticator app shows for this secret (RFC 6238: SHA-1, six digits, thirty seconds). */
export function totp(totpUri: string, at = Date.now()): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const digest = createHmac('sha1', secretIn(totpUri)).update(counter).digest();
  const offset = digest.at(-1)! & 15;
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** The shared secret of an `otpauth:` address, base32 there. */
export function secretIn(totpUri: string): Buffer {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  let bits = '';
  for (const letter of new URL(totpUri).searchParams.get('secret')!.replaceAll('=', '')) {
    bits += alphabet.indexOf(letter).toString(2).padStart(5, '0');
  }
  return Buffer.from(bits.match(/.{8}/g)!.map(byte => Number.parseInt(byte, 2)));
}
