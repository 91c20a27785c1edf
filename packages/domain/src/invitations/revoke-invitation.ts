import { raw } from 'objection';
import { authorize, refuseAbove } from '../access/authorize.ts';
import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { withTenant } from '../tenancy/doors.ts';
import { findInvitation, Invitation } from './invitation.ts';

/** Takes an open invitation back: its link leads nowhere from now on. */
export async function revokeInvitation(
  ctx: Context,
  { organization, invitation: reference }: { organization: string; invitation: string },
): Promise<void> {
  await withTenant(ctx, { organization }, async tx => {
    authorize(tx, 'invitation.write');
    const { id, role } = await findInvitation(tx, reference);
    refuseAbove(tx, role);
    await Invitation.query(tx)
      .where({ id })
      .patch({ state: 'revoked', updated_at: raw('now()') as never });
    await audit(tx, { action: 'invitation.revoked', subject: { type: 'invitation', id } });
  });
}
