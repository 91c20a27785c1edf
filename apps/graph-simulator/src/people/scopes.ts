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
