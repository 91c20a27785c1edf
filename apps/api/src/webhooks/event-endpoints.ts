import { eventShape, openedEventShape } from '@pagekeeper/domain/webhooks/event-resource';
import { getEvent } from '@pagekeeper/domain/webhooks/get-event';
import { listEvents, listEventsInput } from '@pagekeeper/domain/webhooks/list-events';
import { replayShape } from '@pagekeeper/domain/webhooks/replay-batch';
import { replayEvent, replayEventInput } from '@pagekeeper/domain/webhooks/replay-event';
import { replayEvents, replayEventsInput } from '@pagekeeper/domain/webhooks/replay-events';
import { watchEvents, watchEventsInput } from '@pagekeeper/domain/webhooks/watch-events';
import { defineEndpoint, Stream } from '../http/endpoint.ts';
import { eventParams, listOf, organizationParams } from '../http/params.ts';

const tag = 'Events';
const events = '/v1/organizations/{organization}/events';
const event = `${events}/{event}`;

export const eventEndpoints = [
  defineEndpoint({
    method: 'get',
    path: events,
    summary: 'What Facebook told of the pages, newest first by the time inside it',
    tag,
    permission: 'event.read',
    params: organizationParams,
    query: listEventsInput,
    responses: { 200: listOf(eventShape) },
    run: ({ ctx, params, query }) => listEvents(ctx, { ...params, ...query }),
  }),
  // Before the one below, which would take "stream" for an event's id.
  defineEndpoint({
    method: 'get',
    path: `${events}/stream`,
    summary: 'New events and changed ones as they come (server-sent events), for 15 minutes; then connect again',
    tag,
    permission: 'event.read',
    params: organizationParams,
    query: watchEventsInput,
    responses: { 200: eventShape },
    streams: 'event',
    run: async ({ ctx, params, query, lastEventId: after }) => {
      const { organizationId, look } = await watchEvents(ctx, { ...params, ...query, after });
      return new Stream(organizationId, look);
    },
  }),
  defineEndpoint({
    method: 'get',
    path: event,
    summary: 'One event with what Facebook sent; leaves a line in the audit log',
    tag,
    permission: 'event.read',
    params: eventParams,
    responses: { 200: openedEventShape },
    refusals: ['contents_damaged'],
    run: ({ ctx, params }) => getEvent(ctx, params),
  }),
  defineEndpoint({
    method: 'post',
    path: `${event}/replay`,
    summary: 'Work through an event again',
    tag,
    permission: 'event.replay',
    params: eventParams,
    body: replayEventInput,
    responses: { 200: replayShape },
    run: ({ ctx, params, body }) => replayEvent(ctx, { ...params, ...body }),
  }),
  defineEndpoint({
    method: 'post',
    path: `${events}/replay`,
    summary: 'Work through many events again, up to 10,000 a call, oldest first',
    tag,
    permission: 'event.replay',
    params: organizationParams,
    body: replayEventsInput,
    responses: { 200: replayShape },
    run: ({ ctx, params, body }) => replayEvents(ctx, { ...params, ...body }),
  }),
];
