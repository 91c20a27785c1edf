import { jobs } from '@pagekeeper/domain/jobs';
import type { JobRecord } from '@pagekeeper/queue/worker';
import type { Metrics } from '@pagekeeper/runtime/metrics/metrics';

/** In seconds. A drain's slice is five. */
const buckets = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

const known = new Set<string>(jobs.map(({ name }) => name));

/** Rate, errors and durations by job. Outcomes are the handlers' words, and `retried` and `failed`. */
export function countJobs(metrics: Metrics): (record: JobRecord) => void {
  const runs = metrics.counter({
    name: 'pagekeeper_jobs_total',
    help: 'Runs of jobs, by what came of them. retried: another attempt follows. failed: none is left.',
    labels: ['job', 'outcome'],
  });
  const durations = metrics.histogram({
    name: 'pagekeeper_job_duration_seconds',
    help: 'How long a run took.',
    labels: ['job'],
    buckets,
  });
  return ({ name, outcome, durationMs }) => {
    // Of a newer release that is being rolled out.
    const job = known.has(name) ? name : 'unknown';
    runs.inc({ job, outcome });
    durations.observe({ job }, durationMs / 1_000);
  };
}
