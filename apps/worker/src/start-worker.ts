import { poolUseOf } from '@pagekeeper/domain/database/pool-use';
import { queueConnectionOf } from '@pagekeeper/domain/environment';
import { jobs, schedules } from '@pagekeeper/domain/jobs';
import { openServices } from '@pagekeeper/domain/open-services';
import { showPools } from '@pagekeeper/domain/service-metrics';
import { showSystemFigures } from '@pagekeeper/domain/system-figures';
import { runWorker } from '@pagekeeper/queue/worker';
import type { Log } from '@pagekeeper/runtime/log';
import { Metrics } from '@pagekeeper/runtime/metrics/metrics';
import { serveMetrics } from '@pagekeeper/runtime/metrics/serve-metrics';
import type { WorkerVariables } from './env.ts';
import { createHandlers } from './handlers.ts';
import { countJobs, showZeros } from './job-metrics.ts';

/** So long jobs that run may take to their end. */
const stopMs = 8_000;

export interface RunningWorker {
  stop(): Promise<void>;
}

/** @throws BootRefused when the database or its keys are not as they must be */
export async function startWorker(variables: WorkerVariables, log: Log): Promise<RunningWorker> {
  const metrics = new Metrics('worker');
  const services = await openServices(variables, log, metrics);
  showPools(metrics, { app: () => poolUseOf(services.database) });
  showZeros(services.metrics);
  showSystemFigures(metrics, services, variables.PAGEKEEPER_KEYS);
  let started = false;
  // Before it takes jobs: a port that is taken ends it, and no job with it.
  const metricsServer = await serveMetrics(metrics, {
    port: variables.METRICS_PORT,
    host: variables.HOST,
    log,
    isStarted: () => started,
  });
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
    onJob: countJobs(metrics),
  });
  started = true;
  return {
    async stop() {
      await worker.close(stopMs);
      await services.close();
      await metricsServer?.close();
    },
  };
}
