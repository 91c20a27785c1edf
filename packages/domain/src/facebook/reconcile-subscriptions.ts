import type { GraphClient } from '@pagekeeper/facebook/graph-client';
import type { GraphError } from '@pagekeeper/facebook/graph-error';
import { missingFields } from '@pagekeeper/facebook/subscribed-fields';
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
}

/**
 * Makes pages' subscriptions what `webhook_enabled` wants: reads them in batches, changes those that differ one by one.
 * A POST replaces the whole field list, so the whole list is sent whenever one is missing (fact sheet 9).
 */
export async function reconcileSubscriptions(
  graph: GraphClient,
  wanted: readonly WantedSubscription[],
): Promise<Map<Uuid, SubscriptionFindings>> {
  const findings = new Map<Uuid, SubscriptionFindings>();
  if (wanted.length === 0) return findings;
  const current = await graph.readSubscriptions(wanted.map(({ pageId, token }) => ({ id: pageId, token })));
  for (const [index, page] of wanted.entries()) {
    const read = current[index]!;
    if (!read.ok) findings.set(page.integrationId, refused(read.error, false));
    else if (page.webhookEnabled ? missingFields(read.value).length === 0 : read.value === null) {
      findings.set(page.integrationId, { asWanted: true, changed: false, error: null });
    } else findings.set(page.integrationId, await change(graph, page));
  }
  return findings;
}

async function change(graph: GraphClient, page: WantedSubscription): Promise<SubscriptionFindings> {
  const changed = page.webhookEnabled
    ? await graph.subscribePage(page.token, page.pageId)
    : await graph.unsubscribePage(page.token, page.pageId);
  return changed.ok ? { asWanted: true, changed: true, error: null } : refused(changed.error, true);
}

function refused(error: GraphError, changed: boolean): SubscriptionFindings {
  const isFinal = error.outcome === 'PERMISSION' || error.outcome === 'PERMANENT';
  return { asWanted: isFinal ? false : null, changed: changed && error.sentMaybe, error };
}
