import { raw } from 'objection';
import { authorize, refuseAbove } from '../access/authorize.ts';
import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { parsePublicId } from '../ids.ts';
import { sendInvitationJob } from '../jobs.ts';
import { nudge } from '../nudge.ts';
import type { Rendered } from '../resource.ts';
import { withTenant } from '../tenancy/doors.ts';
import { readRows } from '../tenancy/read-rows.ts';
import {
  acceptUrl,
  findInvitation,
  hashOfToken,
  Invitation,
  makerOf,
  type NewInvitationShape,
  showNewInvitation,
  tokenOf,
  validDays,
} from './invitation.ts';
import { invitationResent, limitInvitations, lockInvitations } from './limit-invitations.ts';

/** The address of an invitation, for whoever may send it again; null where there is none. */
export async function readInvitee(
  ctx: Context,
  { organization, invitation }: { organization: string; invitation: string },
): Promise<string | null> {
  const id = parsePublicId('invitation', invitation);
  if (!id) return null;
  const [row] = await readRows(ctx, { organization, permission: 'invitation.write' }, tx =>
    Invitation.query(tx).where({ id }).select('email'),
  );
  return (row?.email as string | undefined) ?? null;
}

/**
 * Sends an open invitation again, with a new link and all of its time. The link before leads nowhere. From now on it
 * rests on the right of whoever sent it again: its maker may be gone.
 * @throws OverLimit
 */
export async function resendInvitation(
  ctx: Context,
  { organization, invitation: reference }: { organization: string; invitation: string },
): Promise<Rendered<NewInvitationShape>> {
  const { shown, job } = await withTenant(ctx, { organization }, async tx => {
    authorize(tx, 'invitation.write');
    await lockInvitations(tx);
    const { id, email, role, token_version: last } = await findInvitation(tx, reference);
    refuseAbove(tx, role);
    await limitInvitations(tx, email);
    const token = tokenOf(ctx.vault, { id, token_version: last + 1 });
    await Invitation.query(tx)
      .where({ id })
      .patch({
        token_hash: hashOfToken(token),
        token_version: last + 1,
        ...makerOf(tx),
        expires_at: raw(`app.now() + interval '${validDays} days'`) as never,
        sent_at: null,
        updated_at: raw('now()') as never,
      });
    const shown = await showNewInvitation(tx, id, acceptUrl(ctx.publicUrl, token));
    await audit(tx, { action: invitationResent, subject: { type: 'invitation', id } });
    return { shown, job: { organization_id: tx.tenant.organizationId, invitation_id: id } };
  });
  await nudge(ctx, sendInvitationJob, job);
  return shown;
}
