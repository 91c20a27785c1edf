import { deadStatuses } from '@pagekeeper/domain/facebook/judge-page';
import { pageStatuses } from '@pagekeeper/domain/integrations/facebook-page-integration';
import { jobs, sendNotificationsJob } from '@pagekeeper/domain/jobs';
import { replyKinds } from '@pagekeeper/domain/replies/reply';
import { replyOutcomes } from '@pagekeeper/domain/replies/tell-of-events';
import type { ServiceMetrics } from '@pagekeeper/domain/service-metrics';
import type { JobRecord } from '@pagekeeper/queue/worker';
import type { Metrics } from '@pagekeeper/runtime/metrics/metrics';

/** In seconds. A drain's slice is one. */
const buckets = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

const known = new Set<string>(jobs.map(({ name }) => name));

/** Shows what alerts count as 0 from the start: to Prometheus a line that is born at 1 has never grown. */
export function showZeros({ replies, checks, deaths }: ServiceMetrics): void {
  for (const kind of replyKinds) {
    for (const outcome of replyOutcomes) replies.inc({ kind, outcome }, 0);
  }
  for (const status of deadStatuses) deaths.inc({ status }, 0);
  for (const status of pageStatuses) checks.inc({ status }, 0);
}

/** Rate, errors and durations by kind of job: a label `job` is Prometheus's own. Outcomes are the handlers' words, and `retried` and `failed`. */
export function countJobs(metrics: Metrics): (record: JobRecord) => void {
  const runs = metrics.counter({
    name: 'pagekeeper_jobs_total',
    help: 'Runs of jobs, by what came of them. retried: another attempt follows. failed: none is left.',
    labels: ['kind', 'outcome'],
  });
  for (const kind of known) runs.inc({ kind, outcome: 'failed' }, 0);
  runs.inc({ kind: sendNotificationsJob.name, outcome: 'delayed' }, 0);
  const durations = metrics.histogram({
    name: 'pagekeeper_job_duration_seconds',
    help: 'How long a run took.',
    labels: ['kind'],
    buckets,
  });
  return ({ name, outcome, durationMs }) => {
    // Of a newer release that is being rolled out.
    const kind = known.has(name) ? name : 'unknown';
    runs.inc({ kind, outcome });
    durations.observe({ kind }, durationMs / 1_000);
  };
}
