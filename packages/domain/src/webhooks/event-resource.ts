import { changeKinds } from '@pagekeeper/facebook/webhook-change';
import * as z from 'zod';
import type { Uuid } from '../ids.ts';
import { type Extra, Resource, timestamp } from '../resource.ts';
import { eventStates, replayModes } from './webhook-event.ts';

const fields = {
  id: z.string(),
  integration_id: z.string(),
  page_id: z.string(),
  kind: z.enum(changeKinds),
  state: z.enum(eventStates),
  reason: z.string().nullable(),
  attempts: z.number().int(),
  replay: z.enum(replayModes).nullable().describe('Asked for again; `quiet` without replies.'),
  occurred_at: timestamp.nullable().describe('The time inside the change, where it has one.'),
  received_at: timestamp,
  processed_at: timestamp.nullable(),
  next_attempt_at: timestamp.nullable().describe('Before this moment nobody works on it.'),
};

/** What is known of a change without opening it. */
export const eventShape = z.object(fields).meta({ id: 'Event' });

export type EventShape = z.output<typeof eventShape>;

/** An event with what Facebook sent. */
export const openedEventShape = z
  .object({ ...fields, payload: z.unknown().describe('The one change, as Facebook sent it.') })
  .meta({ id: 'OpenedEvent' });

export type OpenedEventShape = z.output<typeof openedEventShape>;

export const eventResource = new Resource<EventShape>(
  { id: ['event', 'webhook_events.id'], integration_id: ['integration', 'webhook_events.integration_id'] },
  {
    page_id: 'webhook_events.page_id',
    kind: 'webhook_events.kind',
    state: 'webhook_events.state',
    reason: 'webhook_events.reason',
    attempts: 'webhook_events.attempts',
    replay: 'webhook_events.replay',
    received_at: 'webhook_events.received_at',
    processed_at: 'webhook_events.processed_at',
    next_attempt_at: `case when webhook_events.state = 'pending' then webhook_events.not_before end`,
  },
);

/** The latest time that JSON's way of writing times knows. */
const endOfTime = Date.UTC(9999, 11, 31);

/** What an event's id says: the time inside the change. */
export function timeInEvent(row: Record<string, unknown>): Extra {
  const id = row['id:id'] as Uuid;
  const ms = Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
  return { occurred_at: ms > 0 && ms < endOfTime ? new Date(ms).toISOString() : null };
}
