/**
 * The webhook fields every page is subscribed to. A subscription replaces the one before it, so the
 * whole list is sent each time: a list without `messages` would silence the page.
 */
export const subscribedFields = [
  'feed',
  'mention',
  'messages',
  'messaging_postbacks',
  'message_echoes',
  'message_deliveries',
  'message_reads',
  'message_reactions',
  'message_edits',
  'messaging_referrals',
  'messaging_handovers',
  'standby',
  'messaging_policy_enforcement',
] as const;

/** The fields of {@link subscribedFields} that a subscription lacks; `null` stands for no subscription at all. */
export function missingFields(subscribed: readonly string[] | null): string[] {
  return subscribedFields.filter(field => !subscribed?.includes(field));
}
