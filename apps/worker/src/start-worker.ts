import { queueConnectionOf } from '@pagekeeper/domain/environment';
import { jobs, schedules } from '@pagekeeper/domain/jobs';
import { openServices } from '@pagekeeper/domain/open-services';
import { runWorker } from '@pagekeeper/queue/worker';
import type { Log } from '@pagekeeper/runtime/log';
import type { WorkerVariables } from './env.ts';
import { createHandlers } from './handlers.ts';

/** So long jobs that run may take to their end. */
const stopMs = 8_000;

export interface RunningWorker {
  stop(): Promise<void>;
}

/** @throws BootRefused when the database or its keys are not as they must be */
export async function startWorker(variables: WorkerVariables, log: Log): Promise<RunningWorker> {
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
  return {
    async stop() {
      await worker.close(stopMs);
      await services.close();
    },
  };
}
