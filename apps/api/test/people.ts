import { createHash, randomBytes } from 'node:crypto';
import { newId } from '@pagekeeper/domain/ids';
import type { CaughtMail, Network } from '@pagekeeper/testing/network/network';
import type { Answer, Persona } from '@pagekeeper/testing/network/persona';
import type { Tenant } from '@pagekeeper/testing/network/tenant';
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

/** An API key of a tenant's, as headers. */
export async function keyOf(
  network: Network,
  { uuid }: Tenant,
  role: string,
  scopes: string[],
): Promise<{ id: string; headers: Record<string, string> }> {
  const secret = `pgk_live_${randomBytes(32).toString('base64url')}`;
  const id = newId();
  await network.sql(
    `insert into api_keys (organization_id, id, name, prefix, secret_hash, role, scopes)
     values ($1, $2, 'Shop system', 'pgk_live_', $3, $4, $5)`,
    [uuid, id, createHash('sha256').update(secret).digest(), role, scopes],
  );
  return { id, headers: { Authorization: `Bearer ${secret}` } };
}
