import { createHash } from 'node:crypto';
import * as z from 'zod';
import { notFound } from '../errors.ts';
import { parsePublicId, type Uuid } from '../ids.ts';
import { type Rendered, Resource, timestamp } from '../resource.ts';
import { TenantModel } from '../tenancy/tenant-model.ts';
import { type Role, roles, type TenantTx } from '../tenancy/tenant-tx.ts';
import type { Vault } from '../vault/vault.ts';

/** An e-mail address that may become a member, once, within its time. */
export class Invitation extends TenantModel {
  static override tableName = 'invitations';

  declare id: Uuid;
  declare email: string;
  declare role: Role;
  declare token_hash: Buffer;
  /** Grows when it is sent again: the links before lead nowhere. */
  declare token_version: number;
  /** Whose right it rests on: a person's or an API key's, who sent it last. Looked at again when it is accepted. */
  declare invited_by: Uuid | null;
  declare invited_by_key: Uuid | null;
  declare state: 'pending' | 'accepted' | 'revoked';
  declare expires_at: Date;
  declare sent_at: Date | null;
  declare accepted_by: Uuid | null;
  declare accepted_at: Date | null;
  declare created_at: Date;
  declare updated_at: Date;
}

export const validDays = 7;

/** Whose right an invitation rests on that is made, or sent again, in this transaction. */
export const makerOf = ({ tenant }: TenantTx): Pick<Invitation, 'invited_by' | 'invited_by_key'> => ({
  invited_by: tenant.userId,
  invited_by_key: tenant.by.type === 'api_key' ? (tenant.by.id as Uuid) : null,
});

/**
 * The link's token. It follows from the invitation and a key of ours, so that a job can send it without anybody storing
 * it; the database holds its hash.
 */
export const tokenOf = (vault: Vault, { id, token_version }: Pick<Invitation, 'id' | 'token_version'>): string =>
  vault.hash('invitation', id, String(token_version)).toString('base64url');

export const hashOfToken = (token: string): Buffer => createHash('sha256').update(token).digest();

/** In the fragment: browsers send it to nobody, so it is in no log and no Referer. */
export const acceptUrl = (publicUrl: string, token: string): string => `${publicUrl}/accept-invitation#token=${token}`;

export const invitationStates = ['pending', 'expired', 'accepted', 'revoked'] as const;

export const invitationShape = z
  .object({
    id: z.string(),
    invited_by: z.string().nullable(),
    accepted_by: z.string().nullable(),
    email: z.string(),
    role: z.enum(roles),
    state: z.enum(invitationStates),
    expires_at: timestamp,
    sent_at: timestamp.nullable(),
    accepted_at: timestamp.nullable(),
    created_at: timestamp,
  })
  .meta({ id: 'Invitation' });

export type InvitationShape = z.output<typeof invitationShape>;

/** With the link, which is shown to who made it and in no list. */
export const newInvitationShape = invitationShape.extend({ accept_url: z.string() }).meta({ id: 'NewInvitation' });

export type NewInvitationShape = z.output<typeof newInvitationShape>;

/** `expired` is no stored state: it comes by the clock. */
export const stateExpression = `case when invitations.state = 'pending' and invitations.expires_at <= app.now()
  then 'expired' else invitations.state end`;

export const invitationResource = new Resource<InvitationShape>(
  {
    id: ['invitation', 'invitations.id'],
    invited_by: ['user', 'invitations.invited_by'],
    accepted_by: ['user', 'invitations.accepted_by'],
  },
  {
    email: 'invitations.email',
    role: 'invitations.role',
    state: stateExpression,
    expires_at: 'invitations.expires_at',
    sent_at: 'invitations.sent_at',
    accepted_at: 'invitations.accepted_at',
    created_at: 'invitations.created_at',
  },
);

/** An invitation with its link as JSON. */
export async function showNewInvitation(
  tx: TenantTx,
  id: Uuid,
  accept_url: string,
): Promise<Rendered<NewInvitationShape>> {
  const row = await Invitation.query(tx)
    .findOne({ id })
    .select(...invitationResource.selection);
  if (!row) throw notFound('invitation');
  return invitationResource.one(row as unknown as Record<string, unknown>, { accept_url }) as never;
}

/** The pending invitation behind `inv_…`, locked; an expired one too. @throws DomainError `not_found` */
export async function findInvitation(tx: TenantTx, reference: string): Promise<Invitation> {
  const id = parsePublicId('invitation', reference);
  const invitation = id && (await Invitation.query(tx).findOne({ id, state: 'pending' }).forUpdate());
  if (!invitation) throw notFound('invitation');
  return invitation;
}
