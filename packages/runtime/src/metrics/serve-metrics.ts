import { createServer, type Server } from 'node:http';
import type { Log } from '../log.ts';
import type { Metrics } from './metrics.ts';

export interface MetricsOptions {
  port: number | undefined;
  host: string;
  log: Log;
  /** Until then `/healthz` says 503: a release that does not come to work replaces nobody. */
  isStarted?(): boolean;
}

export interface MetricsServer {
  port: number;
  close(): Promise<void>;
}

/**
 * Answers `GET /metrics` on a port of its own, which the world outside shall not reach, and `GET /healthz` for whoever
 * wants to know whether the event loop turns. Without a port: null.
 * @throws the listener's error
 */
export async function serveMetrics(
  metrics: Metrics,
  { port, host, log, isStarted = () => true }: MetricsOptions,
): Promise<MetricsServer | null> {
  if (port === undefined) return null;
  const server = createServer((request, response) => {
    const [path] = (request.url ?? '').split('?', 1);
    if (path !== '/metrics' && path !== '/healthz') return void response.writeHead(404).end();
    if (request.method !== 'GET' && request.method !== 'HEAD') return void response.writeHead(405).end();
    if (path === '/healthz') {
      const started = isStarted();
      return void response.writeHead(started ? 200 : 503).end(started ? 'ok' : 'not started');
    }
    metrics.read().then(
      text => response.writeHead(200, { 'Content-Type': metrics.contentType }).end(text),
      error => {
        log.error({ err: error }, 'metrics cannot be read');
        response.writeHead(500).end();
      },
    );
  });
  server.requestTimeout = 10_000;
  await listen(server, port, host);
  const { port: taken } = server.address() as { port: number };
  log.info({ port: taken }, 'metrics listen');
  return { port: taken, close: () => close(server) };
}

const listen = (server: Server, port: number, host: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });

const close = (server: Server): Promise<void> =>
  new Promise(resolve => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
