import * as z from 'zod';
import type { Context } from '../context.ts';
import { OverLimit } from '../errors.ts';
import type { Uuid } from '../ids.ts';
import { drainEventsJob } from '../jobs.ts';
import { nudgeAll } from '../nudge.ts';
import { makeCursor, Rendered } from '../resource.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import type { EventState, WebhookEvent } from './webhook-event.ts';

/** How many events one call looks at. */
export const maxReplayed = 10_000;

export const withRepliesInput = z
  .boolean()
  .default(false)
  .describe('Replies may be sent where none was sent before. Otherwise events are only worked through again.');

/** `matched` is `replayed` and `already_waiting` together. `next_cursor` goes on where a call ended. */
export const replayShape = z
  .object({
    dry_run: z.boolean(),
    matched: z.number().int(),
    replayed: z.number().int().describe('With `dry_run`: how many would be.'),
    already_waiting: z.number().int().describe('Those that are pending or parked anyway.'),
    has_more: z.boolean(),
    next_cursor: z.string().nullable(),
  })
  .meta({ id: 'Replay' });

export type ReplayShape = z.output<typeof replayShape>;

export interface ReplayOptions {
  dryRun: boolean;
  withReplies: boolean;
}

/** What a replay did: its answer, its figures for the audit log, and whom to nudge. */
export interface ReplayDone {
  shown: Rendered<ReplayShape>;
  counts: { matched: number; replayed: number; already_waiting: number };
  integrationIds: Uuid[];
}

const done: readonly EventState[] = ['processed', 'ignored', 'failed'];

/** Makes these events pending again, those that are done with. */
export async function replayBatch(
  tx: TenantTx,
  found: readonly Pick<WebhookEvent, 'id' | 'state'>[],
  { dryRun, withReplies }: ReplayOptions,
): Promise<ReplayDone> {
  const events = found.slice(0, maxReplayed);
  const ids = events.filter(({ state }) => done.includes(state)).map(({ id }) => id);
  const integrationIds = dryRun ? [] : await makePending(tx, ids, withReplies ? 'replies' : 'quiet');
  const replayed = dryRun ? ids.length : integrationIds.length;
  const counts = { matched: events.length, replayed, already_waiting: events.length - replayed };
  const last = found.length > events.length ? events.at(-1) : undefined;
  const more = { has_more: last !== undefined, next_cursor: last ? makeCursor('event', last.id) : null };
  const shown = new Rendered<ReplayShape>(JSON.stringify({ dry_run: dryRun, ...counts, ...more }));
  return { shown, counts, integrationIds: [...new Set(integrationIds)] };
}

/** The integration of each event that became pending: another call may have been faster. */
async function makePending(
  tx: TenantTx,
  ids: readonly Uuid[],
  replay: NonNullable<WebhookEvent['replay']>,
): Promise<Uuid[]> {
  if (ids.length === 0) return [];
  const { rows } = await tx.raw(
    `update webhook_events
     set state = 'pending', replay = ?, attempts = 0, not_before = null, processed_at = null, reason = null
     where organization_id = ? and id = any(?::uuid[]) and state = any(?::text[]) returning integration_id`,
    [replay, tx.tenant.organizationId, ids as never, done as never],
  );
  return rows.map(({ integration_id }: { integration_id: Uuid }) => integration_id);
}

export async function nudgeDrains(ctx: Context, organization_id: Uuid, integrationIds: readonly Uuid[]): Promise<void> {
  const drains = integrationIds.map(integration_id => ({ organization_id, integration_id }));
  if (drains.length > 0) await nudgeAll(ctx, drainEventsJob, drains);
}

export const replayed = 'events.replayed';
export const replayTried = 'events.replay_tried';

const maxCallsPerHour = 60;

/**
 * Counts the calls in the audit log, of which each leaves a line. One call of an organization at a time, so that no
 * two count the same lines.
 * @throws OverLimit
 */
export async function limitReplays(tx: TenantTx): Promise<void> {
  const { organizationId } = tx.tenant;
  await tx.raw('select pg_advisory_xact_lock(hashtextextended(?, 0))', [`replays ${organizationId}`]);
  // The bound on the ids, which the process's clock makes, spares Postgres the rest of the log.
  const { rows } = await tx.raw(
    `select count(*)::int as calls,
       ceil(extract(epoch from min(created_at) + interval '1 hour' - clock_timestamp()))::int as seconds
     from audit_events where organization_id = ? and id >= app.event_id_at(now() - interval '2 hours')
       and action in (?, ?) and created_at > clock_timestamp() - interval '1 hour'`,
    [organizationId, replayed, replayTried],
  );
  const [{ calls, seconds }] = rows as [{ calls: number; seconds: number }];
  if (calls < maxCallsPerHour) return;
  const policy = { name: 'replays', points: maxCallsPerHour, seconds: 3_600 };
  throw new OverLimit(`Replays may be asked for ${maxCallsPerHour} times an hour.`, policy, seconds);
}
