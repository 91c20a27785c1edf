import type { QueueSurvey } from '@pagekeeper/queue/queue';
import { compareMigrations } from '../database/migrations/index.ts';
import { counted, failed, type Judgement, warning, well } from '../judgement.ts';

/** Counting stops there: beyond it a figure is "so many or more". */
export const maxCountedEvents = 20_000;

export interface EventCounts {
  pending: number;
  parked: number;
  failed: number;
}

/** What one look into the database tells. */
export interface DatabaseFacts {
  version: string;
  tookMs: number;
  /** How far the database's clock is ahead of this machine's. */
  clockAheadMs: number;
  /** The names of those that were applied. */
  migrations: string[];
  /** The key-encryption keys that data keys are wrapped by. */
  keysInUse: string[];
  events: EventCounts;
  /** While Facebook is left alone for the whole app. */
  pause: { until: string; reason: string } | null;
}

export const judgeDatabase = ({ version, tookMs }: DatabaseFacts): Judgement =>
  well(`PostgreSQL ${version.split(' ', 1)[0]} answers in ${tookMs} ms.`);

export function judgeSchema(applied: readonly string[]): Judgement {
  const { missing, unknown } = compareMigrations(applied);
  if (missing.length > 0) return failed(`The database lacks ${missing.join(', ')}.`, 'Run pagekeeper migrate.');
  if (unknown.length === 0) return well(`${applied.at(-1)} is the newest migration, and is there.`);
  const detail = `${counted(unknown.length, 'migration')} that this release does not know.`;
  return warning(detail, 'Run the newer release, or take them back with it.');
}

/** @param queue what was found in it, or the code of its silence */
export function judgeQueue(queue: QueueSurvey | string): Judgement {
  if (typeof queue === 'string') {
    return failed(`It does not answer (${queue}).`, 'Start it. Events are stored meanwhile, and nobody is answered.');
  }
  const name = queue.backend === 'redis' ? 'Redis' : 'PostgreSQL';
  const detail = `${name}: ${counted(queue.waiting, 'job')} waiting, ${queue.active} running`;
  if (queue.failed === 0) return well(`${detail}, none failed.`);
  return warning(`${detail}, ${queue.failed} failed.`, 'See why under Queues. Sweeps find what most of them were for.');
}

/** The worker sweeps every five seconds: what waits for long has nobody to do it, or too few. */
const warnWaitMs = 60_000;
const failWaitMs = 600_000;

export function judgeWaiting(queue: QueueSurvey | null, now: Date): Judgement {
  if (!queue) return failed('Nobody can tell while the queue does not answer.', 'See above.');
  const waitMs = queue.waitingSince ? now.getTime() - queue.waitingSince.getTime() : 0;
  const detail = queue.waitingSince ? `The oldest waits for ${inWords(waitMs)}.` : 'No job waits.';
  const fix = 'Look whether a worker runs, and at its log. If it is busy, start one more.';
  if (waitMs > failWaitMs) return failed(detail, fix);
  return waitMs > warnWaitMs ? warning(detail, fix) : well(detail);
}

const inWords = (ms: number): string =>
  ms < 90_000 ? counted(Math.max(Math.round(ms / 1_000), 0), 'second') : counted(Math.round(ms / 60_000), 'minute');

export function judgeEvents({ pending, parked, failed: lost }: EventCounts): Judgement {
  const orMore = (count: number) => `${count.toLocaleString('en')}${count === maxCountedEvents ? ' or more' : ''}`;
  const detail = `${orMore(pending)} pending, ${orMore(parked)} parked until a page is reconnected`;
  if (lost === 0) return well(`${detail}, none failed.`);
  return warning(`${detail}, ${orMore(lost)} failed.`, 'Each says why in its organization, and can be replayed there.');
}

export function judgeFacebook(pause: DatabaseFacts['pause']): Judgement {
  if (!pause) return well('Calls go out.');
  const until = new Date(pause.until).toISOString().replace(/\.\d+Z$/, 'Z');
  return warning(`Paused until ${until}: ${pause.reason}`, 'It goes on by itself. Calls made meanwhile prolong it.');
}
