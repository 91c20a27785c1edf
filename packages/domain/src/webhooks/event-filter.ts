import { changeKinds } from '@pagekeeper/facebook/webhook-change';
import type { QueryBuilder } from 'objection';
import { z } from 'zod';
import { idAt, type Uuid } from '../ids.ts';
import { integrationReference } from '../integrations/integration-reference.ts';
import { eventStates, type WebhookEvent } from './webhook-event.ts';

const moment = z.iso.datetime({ offset: true }).transform(text => new Date(text));

/** What events can be narrowed by: in lists and replays. */
export const eventFilter = {
  integration: integrationReference,
  kind: z.enum(changeKinds).optional(),
  state: z.enum(eventStates).optional(),
  since: moment.optional().describe('Happened at this moment or later. What has no time is left out.'),
  until: moment.optional().describe('Happened before this moment.'),
};

export interface EventFilter {
  /** The integration's id, looked up. */
  integrationId?: Uuid | undefined;
  kind?: WebhookEvent['kind'] | undefined;
  state?: WebhookEvent['state'] | undefined;
  since?: Date | undefined;
  until?: Date | undefined;
}

/** Written out: a plan that is made for any state uses none of the indexes that are made for one. */
const isInState = Object.fromEntries(eventStates.map(state => [state, `webhook_events.state = '${state}'`])) as Record<
  WebhookEvent['state'],
  string
>;

/** Narrows a query of events. Their ids begin with their time, so times are ranges of the primary key. */
export function whereEvents(query: QueryBuilder<WebhookEvent>, filter: EventFilter): void {
  const { integrationId, kind, state, since, until } = filter;
  if (integrationId !== undefined) query.where('webhook_events.integration_id', integrationId);
  if (kind !== undefined) query.where('webhook_events.kind', kind);
  if (state !== undefined) query.whereRaw(isInState[state]);
  if (since !== undefined) query.where('webhook_events.id', '>=', idAt(since));
  if (until !== undefined) query.where('webhook_events.id', '<', idAt(until));
}
