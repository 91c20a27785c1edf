const header = (description: string, example: string, type: 'string' | 'integer' = 'string') => ({
  description,
  schema: { type, example },
});

/** What answers under /v1 carry beside their bodies, by name; operations refer to it. */
export const responseHeaders = {
  'X-Request-Id': header('The id that was sent, where it was a sensible one; else a new one.', 'trace-42'),
  RateLimit: header('What is left of the limit, and the seconds until it begins anew.', '"callers";r=999;t=10'),
  'RateLimit-Policy': header('The limit, and the seconds that it is for.', '"callers";q=1000;w=10'),
  ETag: header('Which version of a single resource this is: for `If-Match`.', '"v3"'),
  'Idempotent-Replayed': header('`true` where the request had been carried out before.', 'true'),
  'Retry-After': header('Seconds after which the same request may succeed.', '2', 'integer'),
  'WWW-Authenticate': header('How to sign in.', 'Bearer'),
};

export type ResponseHeader = keyof typeof responseHeaders;

/** References to these headers, and to those that every answer has. */
export const headersOf = (...names: readonly ResponseHeader[]) =>
  Object.fromEntries([...always, ...names].map(name => [name, { $ref: `#/components/headers/${name}` }]));

const always = ['X-Request-Id', 'RateLimit', 'RateLimit-Policy'] as const;
