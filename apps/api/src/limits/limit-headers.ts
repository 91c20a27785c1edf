import type { LimitPolicy } from '@pagekeeper/domain/errors';
import type { Response } from 'express';

/** The headers of the IETF's draft: which limit, what is left of it, and in how many seconds it begins anew. */
export function showLimit(response: Response, policy: LimitPolicy, remaining: number, resetSeconds: number): void {
  const { name, points, seconds } = policy;
  response.setHeader('RateLimit-Policy', `"${name}";q=${points};w=${seconds}`);
  response.setHeader('RateLimit', `"${name}";r=${remaining};t=${resetSeconds}`);
}
