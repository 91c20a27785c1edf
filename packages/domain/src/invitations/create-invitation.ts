import { raw } from 'objection';
import * as z from 'zod';
import { authorize, refuseAbove } from '../access/authorize.ts';
import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { DomainError } from '../errors.ts';
import { newId, publicId, type Uuid } from '../ids.ts';
import { sendInvitationJob } from '../jobs.ts';
import { membersWithPerson } from '../members/member-resource.ts';
import { nudge } from '../nudge.ts';
import type { Rendered } from '../resource.ts';
import { withTenant } from '../tenancy/doors.ts';
import { roles, type TenantTx } from '../tenancy/tenant-tx.ts';
import {
  acceptUrl,
  hashOfToken,
  Invitation,
  makerOf,
  type NewInvitationShape,
  showNewInvitation,
  tokenOf,
  validDays,
} from './invitation.ts';
import { invitationCreated, limitInvitations, lockInvitations } from './limit-invitations.ts';

export const createInvitationInput = z.strictObject({
  email: z
    .string()
    .trim()
    .toLowerCase()
    .pipe(z.email().max(320))
    .describe('Whoever accepts must have verified this address.'),
  role: z.enum(roles),
});

/** Open at a time; more is a mistake or worse. */
const maxPending = 1_000;

/**
 * Invites an address, with or without an account. An open invitation of the same address is replaced.
 * @throws DomainError `forbidden` above one's own role, `already_member`; OverLimit
 */
export async function createInvitation(
  ctx: Context,
  { organization, email, role }: { organization: string } & z.output<typeof createInvitationInput>,
): Promise<Rendered<NewInvitationShape>> {
  const { shown, job } = await withTenant(ctx, { organization }, async tx => {
    authorize(tx, 'invitation.write');
    refuseAbove(tx, role);
    await refuseMember(tx, email);
    await lockInvitations(tx);
    await limitInvitations(tx, email);
    const replaced = await revokePending(tx, email);
    await refuseTooMany(tx);
    const id = newId();
    const token = tokenOf(ctx.vault, { id, token_version: 1 });
    const { organizationId: organization_id } = tx.tenant;
    await Invitation.query(tx).insert({
      organization_id,
      id,
      email,
      role,
      token_hash: hashOfToken(token),
      ...makerOf(tx),
      expires_at: raw(`app.now() + interval '${validDays} days'`) as never,
    });
    const shown = await showNewInvitation(tx, id, acceptUrl(ctx.publicUrl, token));
    await audit(tx, {
      action: invitationCreated,
      subject: { type: 'invitation', id },
      changes: { email, role, ...(replaced && { replaces: publicId('invitation', replaced) }) },
    });
    return { shown, job: { organization_id, invitation_id: id } };
  });
  await nudge(ctx, sendInvitationJob, job);
  return shown;
}

async function refuseMember(tx: TenantTx, email: string): Promise<void> {
  const member = await membersWithPerson(tx).findOne({
    'organization_memberships.is_active': true,
    'person.email': email,
  });
  if (member) throw new DomainError('already_member', 'Somebody with this address is a member already.');
}

/** @throws DomainError `forbidden` where the open one is not the caller's to take back */
async function revokePending(tx: TenantTx, email: string): Promise<Uuid | undefined> {
  const [replaced] = await Invitation.query(tx)
    .where({ email, state: 'pending' })
    .patch({ state: 'revoked', updated_at: raw('now()') as never })
    .returning(['id', 'role']);
  if (replaced) refuseAbove(tx, replaced.role);
  return replaced?.id;
}

async function refuseTooMany(tx: TenantTx): Promise<void> {
  const open = await Invitation.query(tx)
    .where({ state: 'pending' })
    .where('expires_at', '>', raw('app.now()'))
    .resultSize();
  if (open < maxPending) return;
  throw new DomainError('invalid_request', `${maxPending} invitations are open. Revoke some before you make more.`);
}
