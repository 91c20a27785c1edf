import { queueConnectionOf } from '@pagekeeper/domain/environment';
import { jobs, schedules } from '@pagekeeper/domain/jobs';
import { openServices } from '@pagekeeper/domain/open-services';
import { runWorker } from '@pagekeeper/queue/worker';
import { createLog } from '@pagekeeper/runtime/log';
import { announceReady, stopOnSignal } from '@pagekeeper/runtime/stop';
import { readWorkerVariables } from './env.ts';
import { createHandlers } from './handlers.ts';

const variables = readWorkerVariables();
const log = createLog({ name: 'worker', level: variables.LOG_LEVEL });

try {
  const services = await openServices(variables, log);
  const handlers = createHandlers({
    services,
    appId: variables.FACEBOOK_APP_ID,
    repliesOff: variables.REPLIES === 'off',
    quietSeconds: variables.REPLY_QUIET_SECONDS,
    retentionDays: variables.EVENT_RETENTION_DAYS,
  });
  const worker = await runWorker({
    connection: queueConnectionOf(variables),
    prefix: variables.QUEUE_PREFIX,
    log,
    jobs,
    handlers,
    schedules,
    concurrency: variables.CONCURRENCY,
  });
  stopOnSignal(log, async () => {
    await worker.close(8_000);
    await services.close();
  });
  announceReady(null);
  log.info('worker runs');
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exit(1);
}
