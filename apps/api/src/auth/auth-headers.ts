import { fromNodeHeaders } from 'better-auth/node';
import type { Request } from 'express';

/**
 * A request's headers as better-auth may see them: what proxies say of the sender is replaced by what we believe
 * (TRUST_PROXY). It takes X-Forwarded-For at its word.
 */
export function authHeaders(request: Request): Headers {
  const headers = fromNodeHeaders(request.headers);
  for (const name of [...headers.keys()]) {
    if (name.startsWith('x-forwarded-') || name === 'forwarded') headers.delete(name);
  }
  if (request.ip) headers.set('x-forwarded-for', request.ip);
  return headers;
}
