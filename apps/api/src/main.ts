import { writeCompileCache } from '@pagekeeper/runtime/compile-cache';
import { giveHeapRoom } from '@pagekeeper/runtime/heap';
import { createLog } from '@pagekeeper/runtime/log';
import { announceReady, stopOnSignal } from '@pagekeeper/runtime/stop';
import { readApiVariables } from './env.ts';

giveHeapRoom();
const variables = readApiVariables();
const log = createLog({ name: 'api', level: variables.LOG_LEVEL });

try {
  // Loaded when it is known that it can run: a wrong start is told at once.
  const { checkStart } = await import('@pagekeeper/domain/check-start');
  await checkStart(variables, log);
  const { startServer } = await import('./server.ts');
  const server = await startServer(variables, log);
  // What the balancer is given time for is not taken from requests that are under way.
  stopOnSignal(log, () => server.stop(), 10_000 + variables.STOP_DELAY_MS);
  announceReady(server.port);
  writeCompileCache();
  log.info({ port: server.port }, 'api listens');
} catch (error) {
  const { code, message, port } = error as { code?: string; message: string; port?: number };
  const name = port === variables.METRICS_PORT ? 'METRICS_PORT' : 'PORT';
  const taken = `Port ${port} is taken. Stop what uses it, or set ${name}.`;
  process.stderr.write(`${code === 'EADDRINUSE' ? taken : message}\n`);
  process.exit(1);
}
