import { hashOf, isSecret } from '@pagekeeper/domain/api-keys/secret';
import { DomainError } from '@pagekeeper/domain/errors';
import type { Caller } from '@pagekeeper/domain/tenancy/actor';
import type { Auth } from '@pagekeeper/domain/users/auth';
import type { SessionReader } from '@pagekeeper/domain/users/session-reader';
import type { Request } from 'express';
import { HttpError } from '../http/problem.ts';
import { authHeaders } from './auth-headers.ts';

/**
 * Finds who sent a request: a program by its API key, or a person by the session cookie, whose writes are refused when
 * another site's page sent them. A key is looked up by the door that the verb opens, in the same round trip.
 */
export function createAuthenticate(
  auth: Auth,
  readSession: SessionReader,
  publicUrl: string,
): (request: Request) => Promise<Caller> {
  return async request => {
    const { authorization } = request.headers;
    if (authorization !== undefined) return { type: 'api_key', secretHash: hashOfKey(authorization) };
    const session = await readSession(request.headers.cookie);
    if (!session) throw new DomainError('unauthenticated', 'Sign in, or send Authorization: Bearer with an API key.');
    if (session.isStale) await renew(auth, request);
    refuseForeignOrigin(request, publicUrl);
    return { type: 'user', userId: session.userId, isFresh: session.isFresh };
  };
}

/** @throws DomainError `unauthenticated` for what cannot be a key of ours */
function hashOfKey(authorization: string): string {
  const [, secret = ''] = /^Bearer +(\S+)$/i.exec(authorization) ?? [];
  if (isSecret(secret)) return hashOf(secret).toString('hex');
  throw new DomainError('unauthenticated', 'Send Authorization: Bearer pgk_live_…, an API key.');
}

// better-auth moves a session's end when it is asked for it, at most once a day, in the row and in the browser's cookie.
// If it cannot, the next request tries.
async function renew(auth: Auth, request: Request): Promise<void> {
  const renewed = await auth.api.getSession({ headers: authHeaders(request), returnHeaders: true }).catch(() => null);
  for (const cookie of renewed?.headers.getSetCookie() ?? []) request.res?.append('Set-Cookie', cookie);
}

/**
 * Browsers send Origin with every write. Programs that use a session must say it too.
 * @throws HttpError `origin_not_allowed`
 */
export function refuseForeignOrigin(request: Request, publicUrl: string): void {
  if (request.method === 'GET' || request.method === 'HEAD') return;
  const { origin: publicOrigin } = new URL(publicUrl);
  const given = request.headers.origin;
  if (given === publicOrigin || given === `${request.protocol}://${request.headers.host}`) return;
  throw new HttpError('origin_not_allowed', `With a session, send the header Origin: ${publicOrigin}.`);
}
