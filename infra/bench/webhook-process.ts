import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { drainEventsJob } from '@pagekeeper/domain/jobs';
import { Inbox } from '@pagekeeper/domain/webhooks/inbox';
import { type Change, parseDelivery } from '@pagekeeper/facebook/webhook-payload';
import type { NoopOrder, NoopReply } from '../../packages/queue/test/noop-jobs.ts';
import { alternate, type Timing } from './alternate.ts';
import { quietItem } from './load/quiet-events.ts';
import { listRuns, measure, type Result, thousands } from './report.ts';
import type { System } from './system.ts';
import type { Page, Tenant } from './tenants.ts';
import { emptyTable } from './webhook-ingest.ts';

const pagesPerTenant = 5;
/** How many are prepared for each second of a run; what counts is how long they take. */
const perSecond = 8_000;

/**
 * Events that nobody answers, by a real worker: opened, decided and closed. Against what BullMQ itself does in a job that
 * does nothing, on Redis: also where our queue lies in Postgres, so that the two lines can be compared.
 */
export async function benchWebhookProcess(
  system: System,
  tenants: readonly Tenant[],
  redisUrl: string,
  timing: Timing,
): Promise<Result> {
  const pages = tenants.flatMap(tenant => tenant.pages.slice(0, pagesPerTenant).map(page => ({ ...page, tenant })));
  const worker = await system.startWorker();
  const noop = startNoop();
  try {
    const ours = (seconds: number) => drainAll(system, pages, Math.ceil(seconds * perSecond));
    const baseline = (seconds: number) => noop.run({ redisUrl, jobs: Math.ceil(seconds * perSecond) });
    const runs = await alternate(timing, ours, baseline);
    const goal = system.queue === 'redis' ? 1 : null;
    const about = {
      name: 'webhook-process',
      unit: 'events/s',
      baseline: 'BullMQ on Redis, jobs that do nothing',
      goal,
    };
    return {
      measurement: measure(about, runs.ours, runs.baseline),
      notes: [
        `runs: ours ${listRuns(runs.ours)}; BullMQ ${listRuns(runs.baseline)}`,
        `one worker of each; ${thousands(timing.seconds * perSecond)} echoes, receipts and reactions of ${pages.length} pages`,
        'verified: after every run each event was closed as one that needs no answer',
      ],
    };
  } finally {
    noop.stop();
    await worker.stop();
  }
}

type OwnedPage = Page & { tenant: Tenant };

/** Stores events while the pages rest, then measures from the nudge to the last one closed. */
async function drainAll(system: System, pages: readonly OwnedPage[], count: number): Promise<number> {
  const { admin, services } = system;
  await emptyTable(admin);
  await admin.query(`update facebook_page_integrations set paused_until = app.now() + interval '1 hour'`);
  await store(system, pages, count);
  await admin.query('vacuum analyze webhook_events');
  await admin.query('checkpoint');
  await admin.query('update facebook_page_integrations set paused_until = null, drain_until = null');
  const start = performance.now();
  await services.queue.enqueueMany(
    drainEventsJob,
    pages.map(({ tenant, integrationId }) => ({
      organization_id: tenant.organizationId,
      integration_id: integrationId,
    })),
  );
  const isDone = async () =>
    (await admin.query(`select 1 from webhook_events where state = 'pending' limit 1`)).rows.length === 0;
  while (!(await isDone())) await sleep(10);
  const seconds = (performance.now() - start) / 1_000;
  const { rows } = await admin.query(`select state, count(*)::int as events from webhook_events group by 1`);
  if (rows.length !== 1 || rows[0].state !== 'ignored' || rows[0].events !== count) {
    throw new Error(`Of ${count} events became ${JSON.stringify(rows)}.`);
  }
  return count / seconds;
}

async function store(system: System, pages: readonly OwnedPage[], count: number): Promise<void> {
  const inbox = new Inbox({ ...system.services, databaseUrl: system.urls.app, namedStatements: true });
  const series = randomBytes(6).toString('hex');
  try {
    for (let stored = 0; stored < count; stored += 1_000) {
      const numbers = Array.from({ length: Math.min(1_000, count - stored) }, (_, index) => stored + index);
      await inbox.accept(numbers.map(number => quietChange(series, pages[number % pages.length]!.pageId, number)));
    }
  } finally {
    await inbox.close();
  }
}

function quietChange(series: string, pageId: string, number: number): Change {
  const messaging = [quietItem(series, pageId, number)];
  return parseDelivery({ object: 'page', entry: [{ id: pageId, time: Date.now(), messaging }] })![0]!;
}

/** The process of BullMQ's side. */
function startNoop() {
  const child = fork(fileURLToPath(new URL('../../packages/queue/test/noop-jobs.ts', import.meta.url)), {
    execArgv: ['--import', import.meta.resolve('tsx')],
  });
  return {
    run: (order: NoopOrder): Promise<number> =>
      new Promise((resolve, reject) => {
        const gone = () => reject(new Error('The process of BullMQ died.'));
        child.once('exit', gone);
        child.once('message', (reply: NoopReply) => {
          child.off('exit', gone);
          if ('error' in reply) reject(new Error(reply.error));
          else resolve(reply.jobsPerSecond);
        });
        child.send(order);
      }),
    stop: () => {
      child.kill();
    },
  };
}
