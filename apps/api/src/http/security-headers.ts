import type { RequestHandler } from 'express';
import helmet from 'helmet';

const protect = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      // Swagger UI sets style attributes; a style cannot run anything.
      styleSrc: ["'self'", "'unsafe-inline'"],
      imgSrc: ["'self'", 'data:'],
      fontSrc: ["'self'"],
      connectSrc: ["'self'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
      baseUri: ["'none'"],
    },
  },
});

/** helmet's headers. They are the same for every answer, so it is asked once. */
export function securityHeaders(): RequestHandler {
  const headers = new Map<string, string>();
  const listener = { setHeader: (name: string, value: string) => headers.set(name, value), removeHeader: () => {} };
  protect({} as never, listener as never, () => {});
  if (!headers.has('Content-Security-Policy')) throw new Error('helmet gave no headers');
  return (_request, response, next) => {
    response.setHeaders(headers);
    next();
  };
}
