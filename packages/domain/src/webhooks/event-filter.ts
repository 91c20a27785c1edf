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

type Events = QueryBuilder<WebhookEvent>;

/**
 * Events by a filter. Their ids begin with their time, so times are ranges of the primary key.
 * @param narrow further conditions, order and limit
 */
export function filteredEvents(tx: TenantTx, filter: EventFilter, narrow: (query: Events) => Events): Events {
  const { integrationId, kind, state, since, until } = filter;
  const narrowed = (query: Events): Events => {
    if (integrationId !== undefined) query.where('webhook_events.integration_id', integrationId);
    if (kind !== undefined) query.where('webhook_events.kind', kind);
    if (since !== undefined) query.where('webhook_events.id', '>=', idAt(since));
    if (until !== undefined) query.where('webhook_events.id', '<', idAt(until));
    return narrow(query);
  };
  if (state !== undefined) return narrowed(WebhookEvent.query(tx).whereRaw(isInState[state]));
  if (integrationId !== undefined || kind !== undefined) return eventsOfAnyState(tx, narrowed);
  return narrowed(WebhookEvent.query(tx));
}

/** No index has all events of a page or of a kind, but these have them together. */
const indexed = ["state = 'pending'", "state = 'parked'", "state in ('processed', 'ignored', 'failed')"];

/**
 * Few events of a page or of a kind, or none, would else be looked for among all of their organization's. Each part is
 * narrowed before they come together: one that has many events is then read in the index's order, and no further than it
 * counts.
 */
function eventsOfAnyState(tx: TenantTx, narrowed: (query: Events) => Events): Events {
  const parts = indexed.map(states => {
    const part = WebhookEvent.query(tx).whereRaw(states);
    return WebhookEvent.query(tx).from(narrowed(part).clearSelect().as('webhook_events'));
  });
  const [first, ...others] = parts;
  return narrowed(WebhookEvent.query(tx).from(first!.unionAll(others).as('webhook_events')));
}
