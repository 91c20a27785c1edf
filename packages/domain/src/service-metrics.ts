import type { Counter, Histogram, Metrics } from '@pagekeeper/runtime/metrics/metrics';
import type { PoolUse } from './database/pool-use.ts';

/** What verbs count. Labels are words of ours: no tenant, no page, no person. */
export interface ServiceMetrics {
  /** What became of a reply: a try to send it, or the decision not to. */
  readonly replies: Counter<'kind' | 'outcome'>;
  /** Events that are done with, or put aside. */
  readonly closedEvents: Counter<'state'>;
  /** From an event's commit to its end. */
  readonly eventLag: Histogram;
  /** Pages that were checked, by the status that was found. */
  readonly checks: Counter<'status'>;
  /** Pages whose token died, by the status that was found. */
  readonly deaths: Counter<'status'>;
  /** Pages that work again after people were told of their death. */
  readonly recoveries: Counter;
}

/** Up to the hour: an event that waits longer waits for people. */
const lagSeconds = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600];

export const createServiceMetrics = (metrics: Metrics): ServiceMetrics => ({
  replies: metrics.counter({
    name: 'pagekeeper_replies_total',
    help: 'Automatic replies by kind, and what became of each try or decision.',
    labels: ['kind', 'outcome'],
  }),
  closedEvents: metrics.counter({
    name: 'pagekeeper_closed_events_total',
    help: 'Events by the state that they were closed with.',
    labels: ['state'],
  }),
  eventLag: metrics.histogram({
    name: 'pagekeeper_event_lag_seconds',
    help: 'From the commit of a webhook event to its end, replays left out.',
    buckets: lagSeconds,
  }),
  checks: metrics.counter({
    name: 'pagekeeper_page_checks_total',
    help: 'Pages that were checked, by the status that was found.',
    labels: ['status'],
  }),
  deaths: metrics.counter({
    name: 'pagekeeper_page_deaths_total',
    help: 'Pages whose token stopped working, by the status that was found.',
    labels: ['status'],
  }),
  recoveries: metrics.counter({
    name: 'pagekeeper_page_recoveries_total',
    help: 'Pages that work again after people were told that they did not.',
  }),
});

/** How busy the pools are: `used`, `free`, and callers that are `waiting`. */
export function showPools(metrics: Metrics, pools: Readonly<Record<string, () => PoolUse>>): void {
  metrics.gauge({
    name: 'pagekeeper_database_connections',
    help: 'Connections of a pool that are used or free, and callers that wait for one.',
    labels: ['pool', 'state'],
    read(gauge) {
      for (const [pool, useOf] of Object.entries(pools)) {
        for (const [state, count] of Object.entries(useOf())) gauge.set({ pool, state }, count);
      }
    },
  });
}
