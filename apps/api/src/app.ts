import type { Services } from '@pagekeeper/domain/context';
import type { Auth } from '@pagekeeper/domain/users/auth';
import type { Credentials } from '@pagekeeper/domain/users/credentials';
import type { SessionReader } from '@pagekeeper/domain/users/session-reader';
import type { Queue } from '@pagekeeper/queue/queue';
import type { Secret } from '@pagekeeper/runtime/secret';
import express, { type Express } from 'express';
import helmet from 'helmet';
import { pinoHttp } from 'pino-http';
import { createAuthenticate } from './auth/authenticate.ts';
import { mountAuth } from './auth/mount-auth.ts';
import { endpoints } from './endpoints.ts';
import { mountHealth } from './health/health.ts';
import { mountDocs } from './http/docs.ts';
import { mountEndpoints, requestIdOf } from './http/mount.ts';
import { buildOpenApi } from './http/openapi.ts';
import { HttpError, problemHandler } from './http/problem.ts';
import { mountHandshake } from './webhooks/handshake.ts';

export interface AppOptions {
  services: Services & { queue: Queue };
  auth: Auth;
  credentials: Credentials;
  readSession: SessionReader;
  publicUrl: string;
  appId: string;
  verifyToken: Secret;
  isStopping(): boolean;
}

/** Everything the api answers, save webhook deliveries, which are taken in front of it. */
export function createApp({
  services,
  auth,
  credentials,
  readSession,
  publicUrl,
  appId,
  verifyToken,
  isStopping,
}: AppOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(requestLog(services));
  app.use(security);
  mountHealth(app, { ...services, isStopping });
  mountDocs(app, buildOpenApi(endpoints));
  mountHandshake(app, verifyToken);
  mountAuth(app, { auth, database: services.database, publicUrl });
  const authenticate = createAuthenticate(auth, readSession, publicUrl);
  mountEndpoints(app, endpoints, { services, appId, credentials, authenticate });
  app.use(() => {
    throw new HttpError('no_such_route', 'The documentation at /docs lists what there is.');
  });
  app.use(problemHandler(services.log));
  return app;
}

// One line a request: method, path without its query (which may hold secrets), status and time.
function requestLog({ log }: Services) {
  return pinoHttp({
    logger: log,
    genReqId: (request, response) => {
      const id = requestIdOf(request.headers['x-request-id']);
      response.setHeader('X-Request-Id', id);
      return id;
    },
    serializers: {
      req: ({ id, method, url }: { id: unknown; method: string; url: string }) => ({
        id,
        method,
        path: url.split('?', 1)[0],
      }),
      res: ({ statusCode }: { statusCode: number }) => ({ status: statusCode }),
    },
    customLogLevel: (_request, response, error) => (error || response.statusCode >= 500 ? 'error' : 'debug'),
  });
}

const security = helmet({
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
