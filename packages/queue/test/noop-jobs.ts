import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';

// BullMQ by itself, for `npm run bench`: a process of its own, as a worker is. Takes orders and ends with its channel.

export interface NoopOrder {
  redisUrl: string;
  jobs: number;
}

export type NoopReply = { jobsPerSecond: number } | { error: string };

/** The best of those that were tried (measured). */
const concurrency = 50;
const name = 'noop';

/** Fills a queue of BullMQ's own and lets it run empty: jobs a second, from the first to the last. */
async function run({ redisUrl, jobs }: NoopOrder): Promise<number> {
  const connection = new Redis(redisUrl, { maxRetriesPerRequest: null });
  const queue = new Queue(name, { connection });
  await queue.obliterate({ force: true });
  const opts = { removeOnComplete: true };
  for (let added = 0; added < jobs; added += 1_000) {
    const count = Math.min(1_000, jobs - added);
    await queue.addBulk(Array.from({ length: count }, (_, index) => ({ name, data: { id: added + index }, opts })));
  }
  let done = 0;
  let finish: () => void = () => {};
  const finished = new Promise<void>(resolve => {
    finish = resolve;
  });
  const worker = new Worker(
    name,
    async () => {
      done += 1;
      if (done === jobs) finish();
    },
    { connection, concurrency, autorun: false },
  );
  await worker.waitUntilReady();
  const start = performance.now();
  worker.run().catch(() => {});
  await finished;
  const seconds = (performance.now() - start) / 1_000;
  await worker.close();
  await queue.obliterate({ force: true });
  await queue.close();
  connection.disconnect();
  return jobs / seconds;
}

process.on('message', (order: NoopOrder) => {
  run(order).then(
    jobsPerSecond => process.send?.({ jobsPerSecond } satisfies NoopReply),
    (error: Error) => process.send?.({ error: error.message } satisfies NoopReply),
  );
});
process.on('disconnect', () => process.exit());
