import { raw } from 'objection';
import { type IdKind, newId, type Uuid } from '../ids.ts';
import { TenantModel } from '../tenancy/tenant-model.ts';
import type { Tenant, TenantTx } from '../tenancy/tenant-tx.ts';

/**
 * One line of the organization's append-only log. `changes` never holds a secret. Of a line that is written nothing
 * changes but an e-mail address in it, when its person leaves for good (`router.forget_address`).
 */
export class AuditEvent extends TenantModel {
  static override tableName = 'audit_events';

  declare id: Uuid;
  declare actor_type: Tenant['by']['type'];
  declare actor_id: string;
  declare action: string;
  declare subject_type: IdKind;
  declare subject_id: Uuid;
  declare changes: Record<string, unknown>;
  /** Why staff were there; null for everybody else. */
  declare reason: string | null;
  declare request_id: string;
  declare created_at: Date;
}

/** What an audit log tells of: a noun and a past participle each. */
export const auditActions = [
  'organization.created',
  'organization.updated',
  'organization.deactivated',
  'organization.restored',
  'organization.ownership_transferred',
  'organization.entered',
  'organization.exported',
  'organization.key_replaced',
  'organization.purge_asked',
  'member.added',
  'member.updated',
  'member.removed',
  'member.left',
  'invitation.created',
  'invitation.resent',
  'invitation.accepted',
  'invitation.revoked',
  'business.created',
  'business.updated',
  'business.deactivated',
  'business.restored',
  'connection.begun',
  'connection.answered',
  'connection.ready',
  'connection.failed',
  'integration.created',
  'integration.connected',
  'integration.reconnected',
  'integration.updated',
  'integration.facebook_page_replaced',
  'integration.deactivated',
  'integration.restored',
  'integration.refresh_asked',
  'integration.status_changed',
  'integration.page_moved_away',
  'integration.unsubscribe_failed',
  'event.opened',
  'events.previewed',
  'events.replayed',
  'events.replay_tried',
  'events.drained',
  'reply.opened',
  'person.erased',
  'api_key.created',
  'api_key.rotated',
  'api_key.revoked',
] as const;

export type AuditAction = (typeof auditActions)[number];

export interface AuditLine {
  action: AuditAction;
  subject: { type: IdKind; id: Uuid };
  /** What changed, by field. Credentials are named as changed, never shown. */
  changes?: Record<string, unknown>;
}

/**
 * The last line of every writing verb, in its transaction: what happened and who did it are committed together.
 * @param line null where nothing was to be done
 */
export async function audit(tx: TenantTx, line: AuditLine | null): Promise<void> {
  if (!line) return;
  const { action, subject, changes = {} } = line;
  const { by, organizationId, requestId } = tx.tenant;
  await AuditEvent.query(tx).insert({
    organization_id: organizationId,
    id: newId(),
    actor_type: by.type,
    actor_id: by.id,
    action,
    subject_type: subject.type,
    subject_id: subject.id,
    changes,
    ...(by.type === 'staff' && { reason: raw(reasonOfStaff, [organizationId, by.id]) as never }),
    request_id: requestId,
  });
}

const reasonOfStaff = `(select reason from staff_entries where organization_id = ? and user_id = ?
  order by entered_at desc limit 1)`;
