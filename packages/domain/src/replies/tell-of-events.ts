import type { Context } from '../context.ts';
import { publicId, type Uuid } from '../ids.ts';
import type { EventState } from '../webhooks/webhook-event.ts';
import type { Drain } from './drain-lease.ts';
import type { DecidedEvent } from './read-events.ts';
import type { ReplyKind } from './reply.ts';

/** What became of one try to answer, or of one that was in doubt. */
export const replyOutcomes = [
  'sent',
  'rejected',
  'unknown',
  'put_off',
  'paused',
  'answered_before',
  /** It was in doubt, and found under its comment. */
  'found',
  /** It was in doubt, and nobody will know. */
  'given_up',
] as const;
export type ReplyOutcome = (typeof replyOutcomes)[number];

/** Those that end the event, and how. */
const ends: Partial<Record<ReplyOutcome, EventState>> = {
  sent: 'processed',
  answered_before: 'processed',
  found: 'processed',
  given_up: 'processed',
  rejected: 'failed',
};

/** Events that were closed together, and the decisions that were stored with them. */
export interface Closed {
  closings: readonly { state: EventState; reason: string; ids: readonly Uuid[] }[];
  decisions: readonly { kind: ReplyKind; state: 'skipped' | 'shadow' }[];
}

/**
 * Logs and counts, after the commit, what became of an event that was to be answered. The event's id is what one greps
 * for: it stands in the api's line for the commit of the event too.
 */
export function tellOfReply(
  ctx: Pick<Context, 'log' | 'metrics' | 'requestId'>,
  event: DecidedEvent,
  { kind, outcome, replyId }: { kind: ReplyKind; outcome: ReplyOutcome; replyId: Uuid },
): void {
  const { id: event_id, row } = event;
  const about = {
    event_id: publicId('event', event_id),
    reply_id: publicId('reply', replyId),
    integration_id: publicId('integration', row.integration_id),
    job_id: ctx.requestId,
  };
  ctx.log.info({ ...about, kind, outcome }, 'reply');
  ctx.metrics.replies.inc({ kind, outcome });
  const end = ends[outcome];
  if (end) noteEnd(ctx, event, end);
}

function noteEnd({ metrics }: Pick<Context, 'metrics'>, { row }: DecidedEvent, state: EventState): void {
  metrics.closedEvents.inc({ state });
  // Asked for again, it was received long ago. Clocks of two machines differ a little.
  if (!row.replay) metrics.eventLag.observe(Math.max(0, Date.now() - row.received_at.getTime()) / 1_000);
}

/** The same for events that were closed in bulk: one line for all that ended alike. */
export function tellOfClosing(
  ctx: Pick<Context, 'log' | 'metrics' | 'requestId'>,
  { integrationId }: Drain,
  events: readonly DecidedEvent[],
  { closings, decisions }: Closed,
): void {
  const byId = new Map(events.map(event => [event.id, event]));
  for (const { state, reason, ids } of closings) {
    const event_ids = ids.map(id => publicId('event', id));
    const about = { integration_id: publicId('integration', integrationId), job_id: ctx.requestId };
    ctx.log.info({ event_ids, ...about, state, reason }, 'events closed');
    for (const id of ids) {
      if (state === 'parked') ctx.metrics.closedEvents.inc({ state });
      else noteEnd(ctx, byId.get(id)!, state);
    }
  }
  for (const { kind, state } of decisions) ctx.metrics.replies.inc({ kind, outcome: state });
}
