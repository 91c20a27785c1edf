import { setTimeout as sleep } from 'node:timers/promises';
import { defineJob } from '@pagekeeper/queue/define-job';
import type { Queue } from '@pagekeeper/queue/queue';
import * as z from 'zod';

/** A job of a release that was taken back, as it were: no worker of this one knows it, so that it fails for good. */
const foreignJob = defineJob({
  name: 'demo.fails-on-purpose',
  payload: z.strictObject({ organization_id: z.uuid() }),
  attempts: 1,
  backoff: { type: 'fixed', delayMs: 0 },
});

const patienceMs = 15_000;

/** Leaves such a job about an organization, and waits until a worker that runs gave it up. @returns its id */
export async function leaveFailedJob(queue: Queue, organization_id: string): Promise<string> {
  await queue.enqueue(foreignJob, { organization_id });
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const failed = await queue.failedJobs({ offset: 0, limit: 100 });
    const ours = failed.find(({ name, ids }) => name === foreignJob.name && ids.organization_id === organization_id);
    if (ours) return ours.id;
    if (performance.now() > deadline) throw new Error('No worker took the job.');
    await sleep(50);
  }
}
