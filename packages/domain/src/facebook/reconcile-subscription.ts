import type { GraphClient } from '@pagekeeper/facebook/graph-client';
import { subscribedFields } from '@pagekeeper/facebook/subscribed-fields';
import type { Secret } from '@pagekeeper/runtime/secret';

/**
 * Makes the page's subscription what `webhook_enabled` wants. A POST replaces the whole field list, so the whole list
 * is sent whenever one is missing (fact sheet 9).
 * @returns true when it is as wanted, false when Facebook refuses, null when it could not be asked
 */
export async function reconcileSubscription(
  graph: GraphClient,
  token: Secret,
  pageId: string,
  webhookEnabled: boolean,
): Promise<boolean | null> {
  const current = await graph.readSubscription(token, pageId);
  if (!current.ok) return refusal(current.error.outcome);
  const complete = subscribedFields.every(field => current.value?.includes(field));
  if (webhookEnabled ? complete : current.value === null) return true;
  const changed = webhookEnabled
    ? await graph.subscribePage(token, pageId)
    : await graph.unsubscribePage(token, pageId);
  return changed.ok || refusal(changed.error.outcome);
}

const refusal = (outcome: string): false | null => (outcome === 'PERMISSION' || outcome === 'PERMANENT' ? false : null);
