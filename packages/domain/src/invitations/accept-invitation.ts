import { raw } from 'objection';
import * as z from 'zod';
import { mayGrant } from '../access/authorize.ts';
import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { DomainError, notFound } from '../errors.ts';
import { publicId, type Uuid } from '../ids.ts';
import { OrganizationMembership } from '../members/organization-membership.ts';
import { storeMembership } from '../members/store-membership.ts';
import type { OrganizationShape } from '../organizations/organization.ts';
import { showOrganization } from '../organizations/show-organization.ts';
import type { Rendered } from '../resource.ts';
import type { UserActor } from '../tenancy/actor.ts';
import { withInvitation } from '../tenancy/doors.ts';
import type { Role, TenantTx } from '../tenancy/tenant-tx.ts';
import { hashOfToken, Invitation } from './invitation.ts';

export const acceptInvitationInput = z.strictObject({
  token: z.string().min(1).max(200).describe("The link's token."),
});

/**
 * Makes the caller a member, by an invitation's token. The token alone is not enough: it must be the caller's own,
 * verified address, and who invited must still have the right to. Accepting again changes nothing.
 * @throws DomainError `not_found`, `invitation_closed`, `forbidden` for another address, `email_not_verified`
 */
export async function acceptInvitation(
  ctx: Context<UserActor>,
  { token }: z.output<typeof acceptInvitationInput>,
): Promise<Rendered<OrganizationShape>> {
  return await withInvitation(ctx, hashOfToken(token).toString('hex'), async (tx, id) => {
    let invitation = await read(tx, id);
    await refuseOthers(tx, invitation);
    if (invitation.state === 'pending') invitation = await read(tx, id, { forUpdate: true });
    if (await isDone(tx, invitation)) return await showOrganization(tx, await roleOf(tx));
    await refuseClosed(tx, invitation);
    const { role, invited_by } = invitation;
    const userId = ctx.actor.userId;
    const member = await storeMembership(tx, { user_id: userId, role, invited_by });
    const now = raw('app.now()') as never;
    await Invitation.query(tx).where({ id }).patch({ state: 'accepted', accepted_by: userId, accepted_at: now });
    const shown = await showOrganization(tx, role);
    await audit(tx, {
      action: 'invitation.accepted',
      subject: { type: 'invitation', id },
      changes: { member: publicId('member', member), role },
    });
    return shown;
  });
}

async function read(tx: TenantTx, id: Uuid, { forUpdate = false } = {}): Promise<Invitation> {
  const query = Invitation.query(tx).findOne({ id });
  const invitation = await (forUpdate ? query.forUpdate() : query);
  if (!invitation) throw notFound('invitation');
  return invitation;
}

// Who holds the link of somebody else learns nothing but that it is not theirs.
async function refuseOthers(tx: TenantTx, { email }: Invitation): Promise<void> {
  const person = await tx('auth.users').where({ id: tx.tenant.userId }).first('email', 'email_verified');
  if (person?.email !== email) {
    throw new DomainError('forbidden', 'The invitation is for another e-mail address. Sign in with that one.');
  }
  if (!person.email_verified) {
    throw new DomainError('email_not_verified', 'Open the link that we sent to your address, then accept again.');
  }
}

/** Accepted by this very person, who is still a member: a second click. */
async function isDone(tx: TenantTx, { state, accepted_by }: Invitation): Promise<boolean> {
  return state === 'accepted' && accepted_by === tx.tenant.userId && (await roleOf(tx)) !== null;
}

async function roleOf(tx: TenantTx): Promise<Role | null> {
  const member = await OrganizationMembership.query(tx).findOne({ user_id: tx.tenant.userId!, is_active: true });
  return member?.role ?? null;
}

async function refuseClosed(tx: TenantTx, invitation: Invitation): Promise<void> {
  if (invitation.state !== 'pending') throw new DomainError('invitation_closed', 'The invitation was used or revoked.');
  const { rows } = await tx.raw('select ?::timestamptz <= app.now() as is_over', [invitation.expires_at]);
  if (rows[0].is_over) throw new DomainError('invitation_closed', 'The invitation has expired. Ask for a new one.');
  const inviter = await inviterRole(tx, invitation);
  if (inviter && mayGrant(inviter, invitation.role)) return;
  throw new DomainError('invitation_closed', 'Whoever invited you may not do so any more. Ask for a new invitation.');
}

async function inviterRole(tx: TenantTx, { invited_by, invited_by_key }: Invitation): Promise<Role | null> {
  if (invited_by_key) return await roleOfKey(tx, invited_by_key);
  const inviter =
    invited_by && (await OrganizationMembership.query(tx).findOne({ user_id: invited_by, is_active: true }));
  return inviter && inviter.role !== 'MEMBER' ? inviter.role : null;
}

/** A rotated key's successor speaks for it: that an overlap ended says nothing about whom it invited. */
async function roleOfKey(tx: TenantTx, id: Uuid): Promise<Role | null> {
  const key = await tx('api_keys')
    .where({ organization_id: tx.tenant.organizationId, id, revoked_at: null })
    .first('role', 'replaced_by', tx.raw('coalesce(expires_at <= app.now(), false) as is_over'));
  if (!key) return null;
  if (!key.is_over) return key.role;
  return key.replaced_by && (await roleOfKey(tx, key.replaced_by));
}
