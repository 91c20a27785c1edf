import { isDeepStrictEqual } from 'node:util';
import type { Jobs } from './broker.ts';
import type { AnyJob, JobDefinition } from './define-job.ts';
import { QueueError } from './errors.ts';
import { optionsOf } from './job-options.ts';
import { parsePayload } from './payload.ts';
import type { ReportError } from './report-errors.ts';

/** A job that is added again and again: at once when the schedule is new, then every `everyMs`. */
export interface Schedule {
  id: string;
  job: AnyJob;
  payload: unknown;
  everyMs: number;
}

/** A schedule whose payload is checked by the compiler against its job. */
export function defineSchedule<Payload>(schedule: {
  id: string;
  job: JobDefinition<string, Payload>;
  payload: NoInfer<Payload>;
  everyMs: number;
}): Schedule {
  return schedule;
}

/** During a rolling deployment the previous release may still want a schedule that is unknown here. */
const unknownGraceMs = 60_000;
/** A run this late is waiting behind others, or was lost. */
const overdueMs = 30_000;
const maxSchedules = 200;

type Stored = Awaited<ReturnType<Jobs['getJobSchedulers']>>[number];

/**
 * Keeps what the broker has equal to the list: writes all at the start, then looks every `checkMs` and writes what is
 * missing or differs, so that a FLUSHALL heals. It does not write what is already right: upserting moves a waiting
 * run to the end of the queue, where a backlog would hold it for ever.
 *
 * @throws QueueError when a schedule makes no sense
 */
export async function keepSchedules(options: {
  jobs: Jobs;
  schedules: readonly Schedule[];
  checkMs: number;
  report: ReportError;
}): Promise<{ stop(): void }> {
  const { jobs, checkMs, report } = options;
  const wanted = checkedList(options.schedules);
  const unknownSince = new Map<string, number>();

  for (const stored of await jobs.getJobSchedulers(0, maxSchedules)) {
    const schedule = wanted.get(stored.key);
    if (!schedule || hasOldPace(schedule, stored)) await jobs.removeJobScheduler(stored.key);
  }
  for (const schedule of wanted.values()) await upsert(jobs, schedule);

  const check = async () => {
    const found = await jobs.getJobSchedulers(0, maxSchedules);
    const byId = new Map(found.map(stored => [stored.key, stored]));
    for (const schedule of wanted.values()) {
      const stored = byId.get(schedule.id);
      if (!(await needsWriting(jobs, schedule, stored))) continue;
      if (stored && hasOldPace(schedule, stored)) await jobs.removeJobScheduler(schedule.id);
      await upsert(jobs, schedule);
    }
    for (const { key } of found) {
      if (wanted.has(key)) continue;
      const since = unknownSince.get(key) ?? Date.now();
      unknownSince.set(key, since);
      if (Date.now() - since >= unknownGraceMs) await jobs.removeJobScheduler(key);
    }
  };

  let checking = false;
  const timer = setInterval(() => {
    if (checking) return;
    checking = true;
    check()
      .catch(report)
      .finally(() => {
        checking = false;
      });
  }, checkMs);
  return { stop: () => clearInterval(timer) };
}

function checkedList(schedules: readonly Schedule[]): Map<string, Schedule> {
  const byId = new Map<string, Schedule>();
  if (schedules.length > maxSchedules) throw new QueueError(`More than ${maxSchedules} schedules.`);
  for (const schedule of schedules) {
    const { id, everyMs } = schedule;
    if (!/^[a-zA-Z0-9._-]+$/.test(id)) throw new QueueError(`A schedule's id is like "webhooks.sweep", not "${id}".`);
    if (!Number.isInteger(everyMs) || everyMs < 100) throw new QueueError(`Schedule ${id}: everyMs is at least 100.`);
    if (byId.has(id)) throw new QueueError(`There are two schedules ${id}.`);
    byId.set(id, { ...schedule, payload: parsePayload(schedule.job, schedule.payload) });
  }
  return byId;
}

async function upsert(jobs: Jobs, { id, job, payload, everyMs }: Schedule): Promise<void> {
  await jobs.upsertJobScheduler(id, { every: everyMs }, { name: job.name, data: payload, opts: optionsOf(job) });
}

/**
 * Whether it was made for another interval. BullMQ (6.7.0) keeps where in the old one its runs lay, and puts a late run
 * off by so much, up to a whole old interval: such a schedule begins anew.
 */
const hasOldPace = ({ everyMs }: Schedule, { every, offset = 0 }: Stored): boolean =>
  every !== everyMs || offset >= everyMs;

async function needsWriting(jobs: Jobs, schedule: Schedule, stored: Stored | undefined): Promise<boolean> {
  if (!stored) return true;
  if (hasOldPace(schedule, stored) || stored.name !== schedule.job.name) return true;
  if (!isDeepStrictEqual(stored.template?.data ?? {}, schedule.payload)) return true;
  // The chain of runs hangs on one job that adds the next: if that job was lost, nothing would ever come.
  if (stored.next === undefined || Date.now() - stored.next < overdueMs) return false;
  const next = await jobs.getJob(`repeat:${schedule.id}:${stored.next}`);
  return next === undefined || (await next.isCompleted()) || (await next.isFailed());
}
