import { DomainError } from '@pagekeeper/domain/errors';
import type { Uuid } from '@pagekeeper/domain/ids';
import type { UserActor } from '@pagekeeper/domain/tenancy/actor';
import type { Auth } from '@pagekeeper/domain/users/auth';
import { fromNodeHeaders } from 'better-auth/node';
import type { Request } from 'express';
import { HttpError } from '../http/problem.ts';

/** Finds who sent a request by the session cookie, and refuses writes that another site's page sent with it. */
export function createAuthenticate(auth: Auth, publicUrl: string): (request: Request) => Promise<UserActor> {
  return async request => {
    const session = await readSession(auth, request);
    if (!session) throw new DomainError('unauthenticated', 'Sign in, and send the session cookie.');
    refuseForeignOrigin(request, publicUrl);
    return { type: 'user', userId: session.user.id as Uuid };
  };
}

// A database that could not be asked hides behind an error of better-auth's own.
async function readSession(auth: Auth, request: Request) {
  try {
    return await auth.api.getSession({ headers: fromNodeHeaders(request.headers) });
  } catch (error) {
    const { statusCode, cause } = error as { statusCode?: number; cause?: unknown };
    // The session ended while it was read.
    if (statusCode === 401) return null;
    throw cause ?? error;
  }
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
