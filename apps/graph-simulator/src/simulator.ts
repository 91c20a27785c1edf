import { once } from 'node:events';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Log } from '@pagekeeper/runtime/log';
import express from 'express';
import type { AppSettings } from './app/app.ts';
import { controlRouter } from './control/router.ts';
import { dialogRouter } from './dialog/router.ts';
import { isGraphCall, serveGraph } from './graph/serve.ts';
import { Usage } from './graph/usage.ts';
import { pageRouter } from './page/router.ts';
import { Agenda } from './state/agenda.ts';
import { nowMs } from './state/clock.ts';
import { Ledger } from './state/ledger.ts';
import { loadState, StateFile } from './state/state-file.ts';
import { Courier } from './webhooks/courier.ts';
import { Emitter, usualRetryDelaysMs } from './webhooks/emitter.ts';
import { Health } from './webhooks/health.ts';
import type { World } from './world.ts';

export interface SimulatorOptions extends AppSettings {
  port: number;
  host: string;
  seed: string;
  /** Where the state is kept between runs; null keeps it in memory only. */
  stateFile: string | null;
  log: Log;
  /** Virtual milliseconds between delivery attempts; the last one repeats. */
  retryDelaysMs?: readonly number[];
  /** Calls and deliveries that the ledger keeps; its counts forget none. */
  ledgerLines?: number;
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
  const forPeople = createApp(world);
  const server = createServer((request, response) => {
    if (!isGraphCall(request)) forPeople(request, response);
    // Only a caller who went away in the middle of a body makes this fail.
    else serveGraph(world, request, response).catch(() => response.destroy());
  });
  server.listen(options.port, options.host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const stop = async () => {
    world.agenda.clear();
    world.emitter.clear();
    world.courier.stop();
    await close(server);
    file.flush();
  };
  return { url: `http://${options.host}:${port}`, port, world, stop };
}

function createWorld(options: SimulatorOptions): { world: World; file: StateFile } {
  const { seed, log, appId, appSecret, verifyToken, callbackUrl } = options;
  const settings = { seed, appId, appSecret, verifyToken, callbackUrl };
  const ledger = new Ledger(options.ledgerLines);
  const state = () => world.state;
  const file = new StateFile(options.stateFile, state);
  const agenda = new Agenda(() => nowMs(world.state));
  const courier = new Courier({ state, ledger, log, concurrency: 32 });
  const health = new Health(state, agenda);
  const retryDelaysMs = options.retryDelaysMs ?? usualRetryDelaysMs;
  const world: World = {
    state: loadState(options.stateFile, seed, settings),
    settings,
    revision: 0,
    ledger,
    usage: new Usage(),
    agenda,
    courier,
    health,
    emitter: new Emitter({ state, courier, agenda, health, retryDelaysMs }),
    log,
    changed: () => {
      world.revision += 1;
      file.changed();
    },
  };
  return { world, file };
}

/** What is not Graph: the control API, the login dialog and the page for people. */
function createApp(world: World): express.Express {
  const app = express();
  app.disable('x-powered-by');
  app.use('/__sim', controlRouter(world));
  app.use(pageRouter());
  app.use(dialogRouter(world));
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
