import { createServer, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { KeyUse } from '@pagekeeper/domain/api-keys/key-use';
import { poolUseOf } from '@pagekeeper/domain/database/pool-use';
import { appSecretsOf } from '@pagekeeper/domain/environment';
import { openServices } from '@pagekeeper/domain/open-services';
import { openReadiness } from '@pagekeeper/domain/readiness';
import { showPools } from '@pagekeeper/domain/service-metrics';
import { createAuth } from '@pagekeeper/domain/users/auth';
import { Inbox } from '@pagekeeper/domain/webhooks/inbox';
import type { Log } from '@pagekeeper/runtime/log';
import { Metrics } from '@pagekeeper/runtime/metrics/metrics';
import { serveMetrics } from '@pagekeeper/runtime/metrics/serve-metrics';
import { createApp } from './app.ts';
import { type ApiVariables, facebookAppOf, limitSettingsOf } from './env.ts';
import { OpenStreams, showStreams } from './http/open-streams.ts';
import { Limits } from './limits/limits.ts';
import { createReceiveWebhooks } from './webhooks/receive-webhooks.ts';

export interface RunningServer {
  port: number;
  /** Ends the intake, lets requests finish, then closes the pools. */
  stop(): Promise<void>;
}

/**
 * Small buffers share pieces of memory of this size, and a new piece costs more than what is put into it: with Node's
 * own 8 KB every third event would need one (measured: 15 % of what an event costs before it is sent to Postgres).
 */
const bufferPoolBytes = 65_536;

/** Opens everything and listens. @throws BootRefused, VaultError, or the listener's error */
export async function startServer(variables: ApiVariables, log: Log): Promise<RunningServer> {
  Buffer.poolSize = bufferPoolBytes;
  const metrics = new Metrics('api');
  const services = await openServices(variables, log, metrics);
  const namedStatements = variables.NAMED_STATEMENTS === 'on';
  const {
    close: closeAuth,
    poolUse: authPool,
    ...people
  } = createAuth({
    ...services,
    databaseUrl: variables.AUTH_DATABASE_URL,
    secret: variables.AUTH_SECRET,
    namedStatements,
  });
  const inbox = new Inbox({ ...services, databaseUrl: variables.DATABASE_URL, namedStatements });
  const readiness = openReadiness({ url: variables.DATABASE_URL, namedStatements });
  const keyUse = new KeyUse(services);
  const streams = new OpenStreams();
  let stopping = false;
  const app = createApp({
    services,
    ...people,
    publicUrl: variables.PUBLIC_URL,
    facebook: facebookAppOf(variables),
    appSecrets: appSecretsOf(variables),
    verifyToken: variables.FACEBOOK_VERIFY_TOKEN,
    limits: new Limits(services.queue.limits, limitSettingsOf(variables)),
    keyUse,
    repliesOff: variables.REPLIES === 'off',
    trustProxy: variables.TRUST_PROXY,
    streams,
    metrics,
    readiness,
    isStopping: () => stopping,
  });
  const receive = createReceiveWebhooks({ inbox, appSecrets: appSecretsOf(variables), log, metrics });
  showPools(metrics, { app: () => poolUseOf(services.database), auth: authPool });
  showStreams(metrics, streams);
  const server = createServer(connectionTimes(variables), (request, response) => {
    // Whoever keeps connections open opens the next one elsewhere.
    if (stopping) response.setHeader('Connection', 'close');
    const isDelivery = request.method === 'POST' && request.url?.split('?', 1)[0] === '/webhooks/facebook';
    if (isDelivery) void receive(request, response);
    else app(request, response);
  });
  const metricsServer = await serveMetrics(metrics, { port: variables.METRICS_PORT, host: variables.HOST, log });
  const port = await listen(server, variables.PORT, variables.HOST);
  return {
    port,
    async stop() {
      stopping = true;
      // Balancers learn from /readyz that they shall send nobody here, before nobody listens.
      await sleep(variables.STOP_DELAY_MS);
      streams.stop();
      await closeServer(server);
      await inbox.close();
      await keyUse.close();
      await closeAuth();
      await readiness.close();
      await services.close();
      await metricsServer?.close();
    },
  };
}

/**
 * Whoever ends idle connections later than the balancer in front does, loses none: a request that goes out as its connection
 * is closed cannot be sent again where it is a POST. Headers may take as long as the request that they begin.
 */
const connectionTimes = ({ KEEP_ALIVE_SECONDS }: ApiVariables) => ({
  keepAliveTimeout: KEEP_ALIVE_SECONDS * 1_000,
  requestTimeout: 30_000,
  headersTimeout: 30_000,
});

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve((server.address() as { port: number }).port));
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise(resolve => {
    // A kept-alive connection ends soon after the answer that is under way; one that says nothing is cut.
    server.keepAliveTimeout = 1;
    server.close(() => resolve());
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), 5_000).unref();
  });
}
