import type { Readiness } from '@pagekeeper/domain/readiness';
import type { Queue } from '@pagekeeper/queue/queue';
import { inTime } from '@pagekeeper/runtime/in-time';
import type { Express } from 'express';

export interface HealthOptions {
  readiness: Pick<Readiness, 'check'>;
  queue: Pick<Queue, 'ping'>;
  /** True once the process stops: no new traffic, please. */
  isStopping(): boolean;
}

/**
 * `/healthz`: the process lives. `/readyz`: database, schema and queue answer. `/readyz?exclude=queue` does
 * without the queue, as deliveries and people do: a balancer that asks so keeps sending them.
 */
export function mountHealth(app: Express, { readiness, queue, isStopping }: HealthOptions): void {
  app.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });
  app.get('/readyz', async (request, response) => {
    const [databaseAnswers, queueAnswers] = await Promise.all([
      answers(readiness.check()),
      request.query.exclude === 'queue' ? undefined : answers(queue.ping()),
    ]);
    const checks = { database: databaseAnswers, queue: queueAnswers };
    const ready = databaseAnswers && queueAnswers !== false && !isStopping();
    response.status(ready ? 200 : 503).json({ status: ready ? 'ready' : 'not ready', checks });
  });
}

const answers = (check: Promise<unknown>): Promise<boolean> =>
  inTime(
    check.then(
      () => true,
      () => false,
    ),
    3_000,
    false,
  );
