import type { Integration } from '@pagekeeper/client';
import { Badge, type Tone } from '../shell/Notice.tsx';

export type PageStatus = NonNullable<Integration['facebook_page']>['status'];

/** Every status in words for people, most serious first. */
export const pageStatuses: Record<PageStatus, { label: string; tone: Tone }> = {
  disconnected: { label: 'Disconnected', tone: 'bad' },
  page_lost: { label: 'Page lost', tone: 'bad' },
  needs_reauth: { label: 'Reconnect needed', tone: 'bad' },
  blocked_user_action: { label: 'Blocked at Facebook', tone: 'bad' },
  needs_permission: { label: 'Permission missing', tone: 'bad' },
  not_subscribed: { label: 'No events arrive', tone: 'warn' },
  expiring: { label: 'Expires soon', tone: 'warn' },
  unverified: { label: 'Being checked', tone: 'idle' },
  healthy: { label: 'Healthy', tone: 'good' },
};

export const statusOptions = Object.entries(pageStatuses).map(([value, { label }]) => ({ value, label }));

/** As domain's overview/get-overview.ts has it: what is being checked needs nobody yet. */
export const needsNobody = new Set<PageStatus>(['unverified', 'healthy']);

/** What a fresh login mends. */
export const mendedByLogin = new Set<PageStatus>([
  'disconnected',
  'page_lost',
  'needs_reauth',
  'blocked_user_action',
  'needs_permission',
  'expiring',
]);

export function PageStatusBadge({ integration: { is_active, facebook_page } }: { integration: Integration }) {
  if (!is_active) return <Badge tone="idle">Deactivated</Badge>;
  if (!facebook_page) return <Badge tone="idle">No page yet</Badge>;
  const { label, tone } = pageStatuses[facebook_page.status];
  return <Badge tone={tone}>{label}</Badge>;
}

/** What it answers by itself, in a word. */
export const autoReplyWords = (autoReply: boolean | 'shadow'): string =>
  autoReply === 'shadow' ? 'Shadow' : autoReply ? 'Live' : 'Off';
