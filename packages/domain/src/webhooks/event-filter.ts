import { changeKinds } from '@pagekeeper/facebook/webhook-change';
import type { QueryBuilder } from 'objection';
import * as z from 'zod';
import { idAt, type Uuid } from '../ids.ts';
import { integrationReference } from '../integrations/integration-reference.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { eventStates, WebhookEvent } from './webhook-event.ts';

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

/** Events by a filter. Their ids begin with their time, so times are ranges of the primary key. */
export function filteredEvents(tx: TenantTx, filter: EventFilter): QueryBuilder<WebhookEvent> {
  const { integrationId, kind, state, since, until } = filter;
  const isOfAnyState = integrationId !== undefined && state === undefined;
  const query = isOfAnyState ? eventsOfPage(tx, integrationId) : WebhookEvent.query(tx);
  if (integrationId !== undefined && !isOfAnyState) query.where('webhook_events.integration_id', integrationId);
  if (kind !== undefined) query.where('webhook_events.kind', kind);
  if (state !== undefined) query.whereRaw(isInState[state]);
  if (since !== undefined) query.where('webhook_events.id', '>=', idAt(since));
  if (until !== undefined) query.where('webhook_events.id', '<', idAt(until));
  return query;
}

/** No index has all events of a page, but these have them together. */
const indexed = ["state = 'pending'", "state = 'parked'", "state in ('processed', 'ignored', 'failed')"];

/** A page of few events, or of none, would else be looked for among all of its organization's. */
function eventsOfPage(tx: TenantTx, integrationId: Uuid): QueryBuilder<WebhookEvent> {
  const [first, ...others] = indexed.map(states =>
    WebhookEvent.query(tx).where({ integration_id: integrationId }).whereRaw(states),
  );
  return WebhookEvent.query(tx).from(first!.unionAll(others).as('webhook_events'));
}
