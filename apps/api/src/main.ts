import { createLog } from '@pagekeeper/runtime/log';
import { announceReady, stopOnSignal } from '@pagekeeper/runtime/stop';
import { readApiVariables } from './env.ts';

const variables = readApiVariables();
const log = createLog({ name: 'api', level: variables.LOG_LEVEL });

try {
  // Loaded when it is known that it can run: a wrong environment is told at once.
  const { startServer } = await import('./server.ts');
  const server = await startServer(variables, log);
  stopOnSignal(log, () => server.stop());
  announceReady(server.port);
  log.info({ port: server.port }, 'api listens');
} catch (error) {
  const { code, message } = error as { code?: string; message: string };
  const taken = code === 'EADDRINUSE';
  process.stderr.write(`${taken ? `Port ${variables.PORT} is taken. Stop what uses it, or set PORT.` : message}\n`);
  process.exit(1);
}
