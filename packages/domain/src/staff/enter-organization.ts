import * as z from 'zod';
import { authorize } from '../access/authorize.ts';
import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { newId, publicId, type Uuid } from '../ids.ts';
import { recordNotification } from '../notifications/record-notification.ts';
import { Rendered, timestamp } from '../resource.ts';
import type { UserActor } from '../tenancy/actor.ts';
import { withStaffEntry } from '../tenancy/doors.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';

export const enterOrganizationInput = z.strictObject({
  reason: z.string().trim().min(1).max(500).describe('Its people read it in their audit log.'),
});

export const staffEntryShape = z
  .object({
    organization_id: z.string(),
    reason: z.string(),
    entered_at: timestamp,
    expires_at: timestamp,
  })
  .meta({ id: 'StaffEntry' });

export type StaffEntryShape = z.output<typeof staffEntryShape>;

/**
 * Lets staff into an organization for an hour. The entry, its reason, and everything done by it stand in the
 * organization's own audit log, and its OWNERs and ADMINs are told by mail.
 * @throws DomainError `forbidden` for who is not staff, `not_found`
 */
export async function enterOrganization(
  ctx: Context<UserActor>,
  { organization, reason }: { organization: string } & z.output<typeof enterOrganizationInput>,
): Promise<Rendered<StaffEntryShape>> {
  return await withStaffEntry(ctx, { organization }, async tx => {
    authorize(tx, 'organization.enter');
    const { entered_at, expires_at } = await insertEntry(tx, ctx.actor.userId, reason);
    await recordNotification(tx, {
      integrationId: null,
      kind: 'staff_entered',
      episode: new Date(entered_at),
      detail: { detail: `“${reason}”` },
    });
    const { organizationId: id } = tx.tenant;
    await audit(tx, {
      action: 'organization.entered',
      subject: { type: 'organization', id },
      changes: { expires_at },
    });
    const entry = { organization_id: publicId('organization', id), reason, entered_at, expires_at };
    return new Rendered<StaffEntryShape>(JSON.stringify(entry));
  });
}

async function insertEntry(
  tx: TenantTx,
  user_id: Uuid,
  reason: string,
): Promise<{ entered_at: string; expires_at: string }> {
  const { rows } = await tx.raw(
    `insert into staff_entries (organization_id, id, user_id, reason, entered_at, expires_at)
     values (?, ?, ?, ?, app.now(), app.now() + interval '1 hour') returning entered_at, expires_at`,
    [tx.tenant.organizationId, newId(), user_id, reason],
  );
  const { entered_at, expires_at } = rows[0] as { entered_at: Date; expires_at: Date };
  return { entered_at: entered_at.toISOString(), expires_at: expires_at.toISOString() };
}
