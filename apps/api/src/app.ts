import { parse as parseQueryString } from 'node:querystring';
import type { KeyUse } from '@pagekeeper/domain/api-keys/key-use';
import type { FacebookApp } from '@pagekeeper/domain/connections/facebook-connection';
import type { Services } from '@pagekeeper/domain/context';
import type { Readiness } from '@pagekeeper/domain/readiness';
import type { Auth } from '@pagekeeper/domain/users/auth';
import type { Credentials } from '@pagekeeper/domain/users/credentials';
import type { SessionReader } from '@pagekeeper/domain/users/session-reader';
import type { Queue } from '@pagekeeper/queue/queue';
import type { Metrics } from '@pagekeeper/runtime/metrics/metrics';
import type { Secret } from '@pagekeeper/runtime/secret';
import express, { type Express } from 'express';
import { createAuthenticate } from './auth/authenticate.ts';
import { mountAuth } from './auth/mount-auth.ts';
import { mountOauthCallback } from './connections/oauth-callback.ts';
import { mountConsole } from './console/mount-console.ts';
import { endpoints } from './endpoints.ts';
import { mountPersonRequests } from './facebook/person-requests.ts';
import { mountHealth } from './health/health.ts';
import { mountDocs } from './http/docs.ts';
import { mountEndpoints } from './http/mount.ts';
import type { OpenStreams } from './http/open-streams.ts';
import { buildOpenApi } from './http/openapi.ts';
import { HttpError, problemHandler } from './http/problem.ts';
import { requestLog } from './http/request-log.ts';
import { requestMetrics } from './http/request-metrics.ts';
import { securityHeaders } from './http/security-headers.ts';
import type { Limits } from './limits/limits.ts';
import { mountQueuesAddress } from './staff/queues-address.ts';
import { mountHandshake } from './webhooks/handshake.ts';

export interface AppOptions {
  services: Services & { queue: Queue };
  auth: Auth;
  credentials: Credentials;
  readSession: SessionReader;
  publicUrl: string;
  facebook: FacebookApp;
  appSecrets: readonly Secret[];
  verifyToken: Secret;
  limits: Limits;
  keyUse: KeyUse;
  /** The operator's switch, to show it. */
  repliesOff: boolean;
  /** How many proxies stand in front and may name the sender. */
  trustProxy: number;
  streams: OpenStreams;
  metrics: Metrics;
  readiness: Readiness;
  isStopping(): boolean;
}

/** Everything the api answers, save webhook deliveries, which are taken in front of it. */
export function createApp(options: AppOptions): Express {
  const { services, auth, readSession, publicUrl, facebook, appSecrets, limits } = options;
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('trust proxy', options.trustProxy);
  // All of them: what came after a thousand would go unread, known or not.
  app.set('query parser', (text: string) => parseQueryString(text, '&', '=', { maxKeys: 0 }));
  app.use(requestMetrics(options.metrics));
  app.use(requestLog(services.log));
  app.use(securityHeaders());
  // First, since Express asks one route after the other.
  const authenticate = createAuthenticate(auth, readSession, publicUrl);
  mountEndpoints(app, endpoints, { ...options, authenticate });
  mountHealth(app, { readiness: options.readiness, queue: services.queue, isStopping: options.isStopping });
  mountDocs(app, () => buildOpenApi(endpoints));
  mountHandshake(app, options.verifyToken);
  mountAuth(app, { auth, readSession, database: services.database, limits, publicUrl });
  mountOauthCallback(app, { services, facebook, authenticate, limits });
  mountPersonRequests(app, { services, publicUrl, appSecrets, limits });
  mountQueuesAddress(app, { services, authenticate, limits });
  mountConsole(app, services.log);
  app.use(() => {
    throw new HttpError('no_such_route', 'The documentation at /docs lists what there is.');
  });
  app.use(problemHandler(services.log));
  return app;
}
