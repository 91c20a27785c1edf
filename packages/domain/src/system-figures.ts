import type { WaitingJobs } from '@pagekeeper/queue/queue';
import type { Metrics } from '@pagekeeper/runtime/metrics/metrics';
import { createReading, type Reading } from '@pagekeeper/runtime/metrics/reading';
import type { Services } from './context.ts';
import { jobs } from './jobs.ts';
import { asSystem } from './tenancy/doors.ts';
import type { KeyRing } from './vault/key-ring.ts';
import { readRingKeyAge } from './vault/open-vault.ts';

interface DatabaseFigures {
  pages: { status: string; pages: string }[];
  lateChecks: { checks: string; oldest_seconds: number };
  appPause: { seconds: number };
  events: { state: string; events: string; oldest_seconds: number }[];
  /** In seconds; null where there is none yet. */
  keyAges: { data: number | null; encryption: number | null };
}

interface QueueFigures {
  states: Record<string, number>;
  waiting: WaitingJobs[];
}

/** A backlog is counted up to here, so that it does not make its own figure expensive. */
const countedEvents = 50_000;
/** Found out so often at most, however many ask; and nobody waits longer for it than a scrape may. */
const limits = { freshMs: 15_000, timeoutMs: 3_000 };

/**
 * Figures of the whole system, which every process would tell alike: one kind of process shows them. While database or
 * queue do not answer, theirs are missing, and `pagekeeper_system_figures_up` is 0.
 */
export function showSystemFigures(
  metrics: Metrics,
  services: Pick<Services, 'database'> & { queue: Pick<Services['queue'], 'counts' | 'waitingJobs'> },
  ring: KeyRing,
): void {
  const database = createReading(() => readDatabase(services, ring), limits);
  const queue = createReading(() => readQueue(services.queue), limits);
  showAvailability(metrics, { database, queue });
  showPages(metrics, database);
  showEvents(metrics, database);
  showQueue(metrics, queue);
  metrics.gauge({
    name: 'pagekeeper_key_age_seconds',
    help: 'Age of the oldest data key in use, and of the key-encryption key that wraps what is new.',
    labels: ['key'],
    async read(gauge) {
      gauge.reset();
      for (const [key, seconds] of Object.entries((await database())?.keyAges ?? {})) {
        if (seconds !== null) gauge.set({ key }, seconds);
      }
    },
  });
}

function showAvailability(metrics: Metrics, readings: Record<string, Reading<unknown>>): void {
  metrics.gauge({
    name: 'pagekeeper_system_figures_up',
    help: '1 where the figures of the whole system could be read, 0 where not.',
    labels: ['source'],
    async read(gauge) {
      for (const [source, read] of Object.entries(readings)) gauge.set({ source }, (await read()) === null ? 0 : 1);
    },
  });
}

function showPages(metrics: Metrics, read: Reading<DatabaseFigures>): void {
  metrics.gauge({
    name: 'pagekeeper_pages',
    help: 'Pages that are kept alive, by status.',
    labels: ['status'],
    async read(gauge) {
      gauge.reset();
      for (const { status, pages } of (await read())?.pages ?? []) gauge.set({ status }, Number(pages));
    },
  });
  metrics.gauge({
    name: 'pagekeeper_late_checks',
    help: 'Pages whose check is due and was not begun; of 50,000 at most.',
    async read(gauge) {
      setOrForget(gauge, (await read())?.lateChecks.checks);
    },
  });
  metrics.gauge({
    name: 'pagekeeper_late_checks_oldest_seconds',
    help: 'How late the latest of them is.',
    async read(gauge) {
      setOrForget(gauge, (await read())?.lateChecks.oldest_seconds);
    },
  });
  metrics.gauge({
    name: 'pagekeeper_app_pause_seconds',
    help: 'For how long no call of ours goes to Facebook: its wish, or since our calls fail; 0 while they are fine.',
    async read(gauge) {
      setOrForget(gauge, (await read())?.appPause.seconds);
    },
  });
}

/** Nothing is better than the last known figure. */
function setOrForget(gauge: { set(value: number): void; remove(): void }, value: string | number | undefined): void {
  if (value === undefined) gauge.remove();
  else gauge.set(Number(value));
}

function showEvents(metrics: Metrics, read: Reading<DatabaseFigures>): void {
  const shown = [
    [
      'pagekeeper_waiting_events',
      `Events that are due (pending), wait for a token (parked), or do so for 20 to 24 hours (ending), ${countedEvents} at most.`,
      'events',
    ],
    [
      'pagekeeper_waiting_events_oldest_seconds',
      'For how long the oldest of those waits; of those that are due, replays and paused pages left out, since it is due.',
      'oldest_seconds',
    ],
  ] as const;
  for (const [name, help, figure] of shown) {
    metrics.gauge({
      name,
      help,
      labels: ['state'],
      async read(gauge) {
        gauge.reset();
        for (const row of (await read())?.events ?? []) gauge.set({ state: row.state }, Number(row[figure]));
      },
    });
  }
}

function showQueue(metrics: Metrics, read: Reading<QueueFigures>): void {
  metrics.gauge({
    name: 'pagekeeper_queue_jobs',
    help: 'Jobs in the queue, by state. Schedules have one delayed job each.',
    labels: ['state'],
    async read(gauge) {
      gauge.reset();
      for (const [state, count] of Object.entries((await read())?.states ?? {})) gauge.set({ state }, count);
    },
  });
  const shown = [
    ['pagekeeper_queue_waiting_jobs', 'Jobs that wait for a worker, of the 200 that wait longest.', 'count'],
    ['pagekeeper_queue_oldest_waiting_seconds', 'For how long the oldest of those waits; 0 for none.', 'seconds'],
  ] as const;
  for (const [name, help, figure] of shown) {
    metrics.gauge({
      name,
      help,
      labels: ['kind'],
      async read(gauge) {
        gauge.reset();
        const found = await read();
        if (!found) return;
        // Of every kind, so that an alert sees it come to an end.
        for (const { name: kind } of jobs) gauge.set({ kind }, 0);
        for (const { name: kind, count, sinceMs } of found.waiting) {
          gauge.set({ kind }, figure === 'count' ? count : Math.max(0, (Date.now() - sinceMs) / 1_000));
        }
      },
    });
  }
}

async function readDatabase({ database }: Pick<Services, 'database'>, ring: KeyRing): Promise<DatabaseFigures> {
  const [pages, [lateChecks], [appPause], events, [dataKey], encryption] = await Promise.all([
    asSystem<DatabaseFigures['pages'][number]>(database, 'page_statuses'),
    asSystem<DatabaseFigures['lateChecks']>(database, 'late_checks'),
    asSystem<DatabaseFigures['appPause']>(database, 'app_pause'),
    asSystem<DatabaseFigures['events'][number]>(database, 'waiting_events', countedEvents),
    asSystem<{ seconds: number | null }>(database, 'data_key_age'),
    readRingKeyAge(database, ring),
  ]);
  return {
    pages,
    lateChecks: lateChecks!,
    appPause: appPause!,
    events,
    keyAges: { data: dataKey?.seconds ?? null, encryption },
  };
}

async function readQueue(queue: Pick<Services['queue'], 'counts' | 'waitingJobs'>): Promise<QueueFigures> {
  const [counts, waiting] = await Promise.all([queue.counts(), queue.waitingJobs()]);
  return { states: { ...counts }, waiting };
}
