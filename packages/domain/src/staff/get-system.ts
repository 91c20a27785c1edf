import { faultCode } from '@pagekeeper/queue/errors';
import type { QueueSurvey } from '@pagekeeper/queue/queue';
import * as z from 'zod';
import type { Context } from '../context.ts';
import { judgeClock } from '../database/judge-clock.ts';
import { type Judgement, warning, well } from '../judgement.ts';
import { Rendered, timestamp } from '../resource.ts';
import type { UserActor } from '../tenancy/actor.ts';
import { type PersonView, withUser } from '../tenancy/doors.ts';
import { judgeKeys } from '../vault/judge-keys.ts';
import {
  type DatabaseFacts,
  judgeDatabase,
  judgeEvents,
  judgeFacebook,
  judgeQueue,
  judgeSchema,
  judgeWaiting,
  maxCountedEvents,
} from './judge-system.ts';
import { requireStaff } from './require-staff.ts';

const count = z.number().int();
const counts = { waiting: count, active: count, delayed: count, failed: count };

export const systemChecks = [
  'database',
  'schema',
  'clock',
  'keys',
  'queue',
  'waiting_jobs',
  'events',
  'facebook',
  'replies',
] as const;

/** How the system is, for those who run it: one line per thing that must be right, each with what mends it. */
export const systemShape = z
  .object({
    checked_at: timestamp,
    checks: z.array(
      z.object({
        check: z.enum(systemChecks),
        state: z.enum(['ok', 'warning', 'failed']),
        detail: z.string(),
        fix: z.string().nullable(),
      }),
    ),
    queue: z
      .object({
        backend: z.enum(['redis', 'postgres']),
        ...counts,
        waiting_since: timestamp.nullable().describe('Since when the job that waits longest could have run.'),
        kinds: z.array(z.object({ name: z.string(), ...counts })).describe('By kind of job, sorted by name.'),
        is_complete: z.boolean().describe('False where `kinds` count only the oldest jobs of each state.'),
      })
      .nullable()
      .describe('Null while the queue does not answer.'),
    events: z
      .object({ pending: count, parked: count, failed: count })
      .describe(`Events of all organizations that are not done with. Each is counted up to ${maxCountedEvents}.`),
  })
  .meta({ id: 'System' });

export type SystemShape = z.output<typeof systemShape>;

/** How this process is set up, as far as it matters to staff. */
export interface SystemSettings {
  /** The operator's kill switch. */
  repliesOff: boolean;
  /** Facebook's id of our app. */
  appId: string;
}

/** What the operator's `doctor` knows and a process can tell, for staff. @throws DomainError `forbidden` */
export async function getSystem(
  ctx: Context<UserActor>,
  { repliesOff, appId }: SystemSettings,
): Promise<Rendered<SystemShape>> {
  const facts = await withUser(ctx, { readOnly: true }, async view => {
    await requireStaff(view);
    return await readFacts(view, appId);
  });
  const queue = await ctx.queue.survey().catch(error => faultCode(error));
  const survey = typeof queue === 'string' ? null : queue;
  const checks: Record<(typeof systemChecks)[number], Judgement> = {
    database: judgeDatabase(facts),
    schema: judgeSchema(facts.migrations),
    clock: judgeClock(facts.clockAheadMs),
    keys: judgeKeys(ctx.vault.firstKeyId, facts.keysInUse),
    queue: judgeQueue(queue),
    waiting_jobs: judgeWaiting(survey, new Date()),
    events: judgeEvents(facts.events),
    facebook: judgeFacebook(facts.pause),
    replies: judgeReplies(repliesOff),
  };
  const shown: SystemShape = {
    checked_at: new Date().toISOString(),
    checks: systemChecks.map(check => ({ check, fix: null, ...checks[check] })),
    queue: survey && showQueue(survey),
    events: facts.events,
  };
  return new Rendered(JSON.stringify(shown));
}

const judgeReplies = (repliesOff: boolean): Judgement =>
  repliesOff
    ? warning('REPLIES=off: nobody is answered in the whole system.', 'Unset REPLIES, and start the processes again.')
    : well('The switch for the whole system is on.');

function showQueue({ waitingSince, isComplete, ...survey }: QueueSurvey): SystemShape['queue'] {
  return { ...survey, waiting_since: waitingSince?.toISOString() ?? null, is_complete: isComplete };
}

async function readFacts(view: PersonView, appId: string): Promise<DatabaseFacts> {
  const before = Date.now();
  const { rows } = await view.raw(
    `select current_setting('server_version') as version, clock_timestamp() as clock,
       array(select name::text from migrations order by id) as migrations,
       array(select kek_id from router.key_encryption_keys_in_use()) as "keysInUse",
       (select row_to_json(c) from router.staff_event_counts(?) as c) as events,
       (select row_to_json(p) from (select greatest(until, routine_until) as until, reason from app_pauses
          where app_id = ? and greatest(until, routine_until) > app.now()) as p) as pause`,
    [maxCountedEvents, appId],
  );
  const { clock, ...facts } = rows[0];
  const after = Date.now();
  return { ...facts, tookMs: after - before, clockAheadMs: clock.getTime() - (before + after) / 2 };
}
