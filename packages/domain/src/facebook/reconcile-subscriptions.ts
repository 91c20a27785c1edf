import type { GraphClient, GraphResult } from '@pagekeeper/facebook/graph-client';
import type { GraphError } from '@pagekeeper/facebook/graph-error';
import { missingFields } from '@pagekeeper/facebook/subscribed-fields';
import { pageRestMs } from '@pagekeeper/facebook/usage';
import type { Secret } from '@pagekeeper/runtime/secret';
import type { Uuid } from '../ids.ts';

export interface WantedSubscription {
  integrationId: Uuid;
  pageId: string;
  token: Secret;
  webhookEnabled: boolean;
}

export interface SubscriptionFindings {
  /** As wanted; false where Facebook refuses; null where nobody could tell. */
  asWanted: boolean | null;
  /** Whether a call of this round changed it. */
  changed: boolean;
  error: GraphError | null;
  /** So long the page is to be left alone from now on, by what Facebook said; null for not at all. */
  restMs: number | null;
}

/**
 * Makes pages' subscriptions what `webhook_enabled` wants: reads them in batches, changes those that differ one by one.
 * A POST replaces the whole field list, so the whole list is sent whenever one is missing. Nothing more
 * is changed once Facebook has said that it is too much.
 */
export async function reconcileSubscriptions(
  graph: GraphClient,
  wanted: readonly WantedSubscription[],
): Promise<Map<Uuid, SubscriptionFindings>> {
  const findings = new Map<Uuid, SubscriptionFindings>();
  if (wanted.length === 0) return findings;
  const current = await graph.readSubscriptions(wanted.map(({ pageId, token }) => ({ id: pageId, token })));
  let isThrottled = current.some(isThrottledApp);
  for (const [index, page] of wanted.entries()) {
    const read = current[index]!;
    const found = describeRead(read, page);
    const isToChange = read.ok && !found.asWanted && !found.restMs && !isThrottled;
    const changed = isToChange ? await change(graph, page) : null;
    isThrottled ||= changed !== null && isThrottledApp(changed);
    findings.set(page.integrationId, changed ? describeChange(changed, page) : found);
  }
  return findings;
}

const isThrottledApp = (result: GraphResult<unknown>): boolean =>
  !result.ok && result.error.outcome === 'THROTTLED_APP';

/** As it is, before anything is changed: where it differs nobody can tell yet what it will be. */
function describeRead(
  read: GraphResult<string[] | null>,
  { pageId, webhookEnabled }: WantedSubscription,
): SubscriptionFindings {
  const restMs = restOf(read, pageId);
  if (!read.ok) return { ...refused(read.error), changed: false, restMs };
  const asWanted = webhookEnabled ? missingFields(read.value).length === 0 : read.value === null;
  return { asWanted: asWanted || null, changed: false, error: null, restMs };
}

const change = (
  graph: GraphClient,
  { token, pageId, webhookEnabled }: WantedSubscription,
): Promise<GraphResult<void>> =>
  webhookEnabled ? graph.subscribePage(token, pageId) : graph.unsubscribePage(token, pageId);

function describeChange(changed: GraphResult<void>, { pageId }: WantedSubscription): SubscriptionFindings {
  const restMs = restOf(changed, pageId);
  if (changed.ok) return { asWanted: true, changed: true, error: null, restMs };
  return { ...refused(changed.error), changed: changed.error.sentMaybe, restMs };
}

function refused(error: GraphError): Pick<SubscriptionFindings, 'asWanted' | 'error'> {
  const isFinal = error.outcome === 'PERMISSION' || error.outcome === 'PERMANENT';
  return { asWanted: isFinal ? false : null, error };
}

const restOf = (result: GraphResult<unknown>, pageId: string): number | null =>
  !result.ok && result.error.outcome === 'THROTTLED_PAGE' ? result.error.waitMs : pageRestMs(result.usage, pageId);
