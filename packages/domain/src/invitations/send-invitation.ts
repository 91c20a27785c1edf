import { raw } from 'objection';
import type { Context } from '../context.ts';
import type { Uuid } from '../ids.ts';
import { trySend } from '../mail/mailer.ts';
import type { Mail } from '../mail/render-mail.ts';
import { Organization } from '../organizations/organization.ts';
import { isGone, withTenant } from '../tenancy/doors.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { acceptUrl, Invitation, tokenOf, validDays } from './invitation.ts';

/**
 * Sends the e-mail of an open invitation, once per link. Reads, sends, notes it; a crash in between sends it twice.
 * @throws Error when the mail server does not take it now: try again
 */
export async function sendInvitation(
  ctx: Context,
  { organization_id, invitation_id }: { organization_id: Uuid; invitation_id: Uuid },
): Promise<'sent' | 'gone'> {
  try {
    const waiting = await withTenant(ctx, { organization: organization_id, readOnly: true }, tx =>
      readWaiting(tx, ctx, invitation_id),
    );
    if (!waiting) return 'gone';
    const failure = await trySend(ctx.mailer, waiting.mail);
    if (failure) {
      const { code, response_code, given_up } = failure;
      if (!given_up) throw new Error(`The mail server did not take it: ${response_code ?? code}.`);
      // Whoever invited still has the link.
      ctx.log.warn({ ...failure, invitation_id }, 'an invitation was refused by its mail server');
    }
    await withTenant(ctx, { organization: organization_id }, tx =>
      Invitation.query(tx)
        .where({ id: invitation_id, token_version: waiting.version })
        .patch({ sent_at: raw('app.now()') as never }),
    );
    return 'sent';
  } catch (error) {
    if (isGone(error)) return 'gone';
    throw error;
  }
}

async function readWaiting(
  tx: TenantTx,
  { vault, publicUrl }: Pick<Context, 'vault' | 'publicUrl'>,
  id: Uuid,
): Promise<{ mail: Mail; version: number } | null> {
  const invitation = await Invitation.query(tx)
    .findOne({ id, state: 'pending', sent_at: null })
    .where('expires_at', '>', raw('app.now()'));
  if (!invitation) return null;
  const { email, role, token_version: version, invited_by } = invitation;
  const organization = await Organization.query(tx).first();
  const inviter = invited_by && (await tx('auth.users').where({ id: invited_by }).first('name'));
  const name = organization?.name ?? '';
  const mail: Mail = {
    to: email,
    subject: `Join ${name} on Pagekeeper`,
    paragraphs: [
      `${inviter ? inviter.name : name} invites you to join ${name} on Pagekeeper as ${role}.`,
      `The link works once, for ${validDays} days, and for this e-mail address.`,
    ],
    action: { label: 'Accept the invitation', url: acceptUrl(publicUrl, tokenOf(vault, invitation)) },
    footnote: 'If you did not expect this, ignore it: without your doing nothing happens.',
  };
  return { mail, version };
}
