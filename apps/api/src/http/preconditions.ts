import { createHash } from 'node:crypto';
import { DomainError } from '@pagekeeper/domain/errors';
import type { Once } from '@pagekeeper/domain/idempotency/once';
import type { Caller } from '@pagekeeper/domain/tenancy/actor';
import type { Vault } from '@pagekeeper/domain/vault/vault';
import type { Request } from 'express';
import type { Endpoint } from './endpoint.ts';

/**
 * What `Idempotency-Key` asks for: a POST that acts once, however often it is sent. Undefined without the header.
 * @throws DomainError `invalid_request` for a header that is no key
 */
export function onceOf(endpoint: Endpoint, request: Request, actor: Caller, vault: Vault): Once | undefined {
  const key = request.headers['idempotency-key'];
  if (key === undefined || endpoint.method !== 'post') return undefined;
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw new DomainError('invalid_request', 'Idempotency-Key must be 1 to 255 printable ASCII characters.');
  }
  const fingerprint = createHash('sha256')
    .update(`${request.method} ${request.originalUrl}\n${JSON.stringify(request.body ?? null)}`)
    .digest();
  const status = Number(Object.keys(endpoint.responses)[0]);
  return { vault, key: `${keyOf(actor)} ${key}`, fingerprint, status };
}

/** What one caller is told from all others by. */
export const keyOf = (actor: Caller): string => (actor.type === 'user' ? actor.userId : actor.secretHash);

/** The entity tags of `If-Match`; undefined without the header. */
export function versionsIn(request: Request): string[] | undefined {
  const header = request.headers['if-match'];
  return header?.split(',').map(tag => tag.trim());
}
