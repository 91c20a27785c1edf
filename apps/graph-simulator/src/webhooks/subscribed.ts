import type { State } from '../state/state.ts';
import type { Change } from './change.ts';

/** Why a change is not delivered; null when it is. A field counts only if subscribed on both levels. */
export function whyNotDelivered(state: State, change: Change): 'no_callback' | 'not_subscribed' | null {
  if (!state.app.callbackUrl) return 'no_callback';
  const onApp = state.app.fields === 'all' || state.app.fields.includes(change.field);
  const onPage = state.pages.get(change.pageId)?.subscribedFields?.includes(change.field) ?? false;
  return onApp && onPage ? null : 'not_subscribed';
}
