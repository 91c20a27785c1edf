import { writeCompileCache } from '@pagekeeper/runtime/compile-cache';
import { giveHeapRoom } from '@pagekeeper/runtime/heap';
import { createLog } from '@pagekeeper/runtime/log';
import { announceReady, stopOnSignal } from '@pagekeeper/runtime/stop';
import { readWorkerVariables } from './env.ts';

giveHeapRoom();
const variables = readWorkerVariables();
const log = createLog({ name: 'worker', level: variables.LOG_LEVEL });

try {
  // Loaded when it is known that it can run: a wrong start is told at once.
  const { checkStart } = await import('@pagekeeper/domain/check-start');
  await checkStart(variables, log);
  const { startWorker } = await import('./start-worker.ts');
  const worker = await startWorker(variables, log);
  stopOnSignal(log, () => worker.stop());
  announceReady(null);
  writeCompileCache();
  log.info('worker runs');
} catch (error) {
  const { code, message, port } = error as { code?: string; message: string; port?: number };
  const taken = `Port ${port} is taken. Stop what uses it, or set METRICS_PORT.`;
  process.stderr.write(`${code === 'EADDRINUSE' ? taken : message}\n`);
  process.exit(1);
}
