import { createLog } from '@pagekeeper/runtime/log';
import { announceReady, stopOnSignal } from '@pagekeeper/runtime/stop';
import { readWorkerVariables } from './env.ts';

const variables = readWorkerVariables();
const log = createLog({ name: 'worker', level: variables.LOG_LEVEL });

try {
  // Loaded when it is known that it can run: a wrong environment is told at once.
  const { startWorker } = await import('./start-worker.ts');
  const worker = await startWorker(variables, log);
  stopOnSignal(log, () => worker.stop());
  announceReady(null);
  log.info('worker runs');
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exit(1);
}
