/** What a person grants unless told otherwise: all that an inbox app asks for. */
export const defaultScopes = [
  'pages_show_list',
  'pages_manage_metadata',
  'pages_messaging',
  'pages_read_engagement',
  'pages_read_user_content',
  'pages_manage_engagement',
  'business_management',
];

/** What a permission means to the person who is asked for it. */
const meanings: Record<string, string> = {
  pages_show_list: 'See the list of your Pages',
  pages_manage_metadata: 'Be told what happens on your Pages',
  pages_messaging: 'Read and answer messages of your Pages',
  pages_read_engagement: 'Read what your Pages have published',
  pages_read_user_content: 'Read what people write on your Pages',
  pages_manage_engagement: 'Write and hide comments as your Pages',
  pages_manage_posts: 'Publish on your Pages',
  business_management: 'See Pages that a business holds',
  public_profile: 'See your name',
  email: 'See your e-mail address',
};

/** A permission in words; its name where there are none. */
export function meaningOf(scope: string): string {
  return meanings[scope] ?? scope.replaceAll('_', ' ');
}

/** Permissions that do not end with data access, ninety days after a person was last active. */
export const exemptScopes: ReadonlySet<string> = new Set([
  'pages_show_list',
  'pages_messaging',
  'pages_manage_metadata',
  'pages_manage_engagement',
  'pages_read_engagement',
  'pages_read_user_content',
  'pages_manage_posts',
  'pages_manage_ads',
  'pages_manage_cta',
  'business_management',
  'ads_read',
  'ads_management',
  'read_insights',
  'public_profile',
]);

/** What the owner of a Page may do. */
export const allTasks = ['ADVERTISE', 'ANALYZE', 'CREATE_CONTENT', 'MESSAGING', 'MODERATE', 'MANAGE'];

/** Page-level webhook fields that can be subscribed. */
export const pageFields = [
  'feed',
  'mention',
  'name',
  'leadgen',
  'conversations',
  'messages',
  'messaging_postbacks',
  'message_echoes',
  'message_deliveries',
  'message_reads',
  'message_reactions',
  'message_edits',
  'messaging_optins',
  'messaging_referrals',
  'messaging_handovers',
  'messaging_account_linking',
  'messaging_policy_enforcement',
  'standby',
];
