import { randomUUID } from 'node:crypto';
import { blankTokens, type Log } from '@pagekeeper/runtime/log';
import { type HttpLogger, pinoHttp } from 'pino-http';

/** One line a request: method, path without its query (which may hold secrets), status and time. */
export function requestLog(logger: Log): HttpLogger {
  return pinoHttp({
    logger,
    genReqId: (request, response) => {
      const id = requestIdOf(request.headers['x-request-id']);
      response.setHeader('X-Request-Id', id);
      return id;
    },
    serializers: {
      req: ({ id, method, url }: { id: unknown; method: string; url: string }) => ({
        id,
        method,
        path: blankTokens(url.split('?', 1)[0]!),
      }),
      res: ({ statusCode }: { statusCode: number }) => ({ status: statusCode }),
    },
    customLogLevel: (_request, response, error) => (error || response.statusCode >= 500 ? 'error' : 'debug'),
  });
}

/** The caller's request id where it is a sensible one, else a new one: no token, and not as the command line's begin. */
export function requestIdOf(header: string | string[] | undefined): string {
  const isSensible =
    typeof header === 'string' && /^(?!cli-)[\w.-]{1,64}$/.test(header) && blankTokens(header) === header;
  return isSensible ? header : randomUUID();
}
