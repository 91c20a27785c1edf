import { sentence } from '../shell/format.ts';

/** What the audit log tells of most; the API takes any. */
const names = [
  'business.created',
  'business.updated',
  'business.deactivated',
  'business.restored',
  'integration.created',
  'integration.updated',
  'integration.deactivated',
  'integration.restored',
  'integration.status_changed',
  'member.added',
  'member.updated',
  'member.removed',
  'member.left',
  'invitation.created',
  'invitation.accepted',
  'invitation.revoked',
  'api_key.created',
  'api_key.rotated',
  'api_key.revoked',
  'event.opened',
  'reply.opened',
  'organization.updated',
  'organization.entered',
];

export const actions = names.map(value => ({ value, label: sentence(value) }));
