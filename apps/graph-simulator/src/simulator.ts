import { once } from 'node:events';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Log } from '@pagekeeper/runtime/log';
import express from 'express';
import { controlRouter } from './control/router.ts';
import { dialogRouter } from './dialog/router.ts';
import { serveGraph } from './graph/serve.ts';
import { Usage } from './graph/usage.ts';
import { pageRouter } from './page/router.ts';
import { Ledger } from './state/ledger.ts';
import type { AppSettings } from './state/state.ts';
import { loadState, StateFile } from './state/state-file.ts';
import { Courier } from './webhooks/courier.ts';
import { Emitter, usualRetryDelaysMs } from './webhooks/emitter.ts';
import type { World } from './world.ts';

export interface SimulatorOptions extends AppSettings {
  port: number;
  host: string;
  seed: string;
  /** Where the state is kept between runs; null keeps it in memory only. */
  stateFile: string | null;
  log: Log;
  /** Real milliseconds between delivery attempts; the last one repeats. */
  retryDelaysMs?: readonly number[];
  deliveryTimeoutMs?: number;
}

export interface Simulator {
  url: string;
  port: number;
  world: World;
  stop: () => Promise<void>;
}

/** Starts a simulator. Rejects with the listener's error when the port cannot be had. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { world, file } = createWorld(options);
  const server = createServer(createApp(world));
  server.listen(options.port, options.host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const stop = async () => {
    world.emitter.stop();
    await close(server);
    file.flush();
  };
  return { url: `http://${options.host}:${port}`, port, world, stop };
}

function createWorld(options: SimulatorOptions): { world: World; file: StateFile } {
  const { seed, log, appId, appSecret, verifyToken, callbackUrl } = options;
  const settings = { seed, appId, appSecret, verifyToken, callbackUrl };
  const ledger = new Ledger();
  const state = () => world.state;
  const file = new StateFile(options.stateFile, state);
  const timeoutMs = options.deliveryTimeoutMs ?? 5000;
  const courier = new Courier({ state, ledger, log, timeoutMs, concurrency: 32 });
  const retryDelaysMs = options.retryDelaysMs ?? usualRetryDelaysMs;
  const world: World = {
    state: loadState(options.stateFile, seed, settings),
    settings,
    ledger,
    usage: new Usage(),
    courier,
    emitter: new Emitter({ state, courier, retryDelaysMs }),
    log,
    changed: () => file.changed(),
  };
  return { world, file };
}

/** What answers where: the control API, the login dialog, the page for people, and Graph for all the rest. */
function createApp(world: World): express.Express {
  const app = express();
  app.disable('x-powered-by');
  app.use('/__sim', controlRouter(world));
  app.use(pageRouter());
  app.use(dialogRouter(world));
  app.use(express.raw({ type: () => true, limit: '2mb' }), serveGraph(world));
  return app;
}

// Idle connections are kept alive by clients; without closing them the server would wait for their timeout.
async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  const late = setTimeout(() => server.closeAllConnections(), 2000);
  await closed;
  clearTimeout(late);
}
