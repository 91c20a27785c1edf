import type { Inbox } from '@pagekeeper/domain/webhooks/inbox';
import type { Metrics } from '@pagekeeper/runtime/metrics/metrics';

/** In seconds. Facebook gives up after 20. */
const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20];

export interface DeliveryCounts {
  /** A delivery was answered so. */
  answered(status: number, startedAt: number): void;
  /** Its signature was made with another secret. Whoever sends none was not even mistaken for Facebook. */
  wronglySigned(): void;
}

/**
 * Counts deliveries by the status of their answer, and their changes by what the inbox did with them. Plain numbers
 * until somebody scrapes: there may be ten thousand a second.
 */
export function countDeliveries(metrics: Metrics, inbox: Inbox): DeliveryCounts {
  // From the start: to Prometheus a line that is born at 1 has never grown.
  const byStatus = new Map([200, 401, 413, 503].map(status => [status, 0]));
  metrics.total({
    name: 'pagekeeper_webhook_deliveries_total',
    help: "Facebook's deliveries by the status of our answer: 200 is committed, 503 is sent again, 413 is lost.",
    labels: ['status'],
    *read() {
      for (const [status, count] of byStatus) yield [{ status: String(status) }, count];
    },
  });
  let wronglySigned = 0;
  metrics.total({
    name: 'pagekeeper_webhook_wrong_signatures_total',
    help: 'Deliveries whose signature is not of our app secret; those without one are not among them.',
    labels: [],
    *read() {
      yield [{}, wronglySigned];
    },
  });
  metrics.total({
    name: 'pagekeeper_webhook_changes_total',
    help: 'Changes of verified deliveries: stored, duplicates, of pages that nobody claims or wants no events for, moved.',
    labels: ['outcome'],
    *read() {
      const { stored, duplicates, unknownPage, disabled, moved } = inbox.counts;
      const outcomes = { stored, duplicate: duplicates, unknown_page: unknownPage, disabled, moved };
      for (const [outcome, count] of Object.entries(outcomes)) yield [{ outcome }, count];
    },
  });
  metrics.gauge({
    name: 'pagekeeper_webhook_inbox_waiting',
    help: 'Changes that wait for their commit. At 20,000 deliveries are refused.',
    read: gauge => gauge.set(inbox.waiting),
  });
  const durations = metrics.histogram({
    name: 'pagekeeper_webhook_delivery_duration_seconds',
    help: 'How long a delivery waited for its answer.',
    buckets,
  });
  return {
    answered(status, startedAt) {
      byStatus.set(status, (byStatus.get(status) ?? 0) + 1);
      durations.observe((performance.now() - startedAt) / 1_000);
    },
    wronglySigned() {
      wronglySigned += 1;
    },
  };
}
