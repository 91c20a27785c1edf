import type { Option } from '../resource/Filters.tsx';
import { sentence } from '../shell/format.ts';

/** All that the audit log tells of (domain's audit/audit.ts), in the console's words. */
export const actionWords: Readonly<Record<string, string>> = {
  'organization.created': 'Organization made',
  'organization.updated': 'Organization changed',
  'organization.deactivated': 'Organization deactivated',
  'organization.restored': 'Organization restored',
  'organization.ownership_transferred': 'Ownership handed over',
  'organization.entered': 'Entered by staff',
  'organization.exported': 'Data exported',
  'organization.key_replaced': 'Encryption key replaced',
  'organization.purge_asked': 'Erasure asked for',
  'member.added': 'Member added',
  'member.updated': 'Role of a member changed',
  'member.removed': 'Member removed',
  'member.left': 'Member left',
  'invitation.created': 'Invitation sent',
  'invitation.resent': 'Invitation sent again',
  'invitation.accepted': 'Invitation accepted',
  'invitation.revoked': 'Invitation revoked',
  'business.created': 'Business made',
  'business.updated': 'Business changed',
  'business.deactivated': 'Business deactivated',
  'business.restored': 'Business restored',
  'connection.begun': 'Login at Facebook begun',
  'connection.answered': 'Login at Facebook answered',
  'connection.ready': 'Pages found after a login',
  'connection.failed': 'Login at Facebook failed',
  'integration.created': 'Page added',
  'integration.connected': 'Page connected',
  'integration.reconnected': 'Page reconnected',
  'integration.updated': 'Page changed',
  'integration.facebook_page_replaced': 'Tokens of a page replaced',
  'integration.deactivated': 'Page deactivated',
  'integration.restored': 'Page restored',
  'integration.refresh_asked': 'Check of a page asked for',
  'integration.status_changed': 'Health of a page changed',
  'integration.page_moved_away': 'Page taken by another organization',
  'integration.unsubscribe_failed': 'App could not be taken off a page',
  'event.opened': 'Event opened',
  'events.previewed': 'Replies previewed',
  'events.replayed': 'Events replayed',
  'events.replay_tried': 'Replay of events tried out',
  'events.drained': 'Events worked through',
  'reply.opened': 'Reply opened',
  'person.erased': 'Data of a person erased',
  'api_key.created': 'API key made',
  'api_key.rotated': 'API key rotated',
  'api_key.revoked': 'API key revoked',
};

/** Of a release that knows more: as it says it. */
export const wordsOf = (action: string): string => actionWords[action] ?? sentence(action);

export const actions: readonly Option[] = Object.entries(actionWords).map(([value, label]) => ({ value, label }));
