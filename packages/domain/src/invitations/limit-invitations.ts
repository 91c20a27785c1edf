import { OverLimit } from '../errors.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';

export const invitationCreated = 'invitation.created';
export const invitationResent = 'invitation.resent';

const mailsPerHour = 100;
const mailsToOnePerHour = 5;

const secondsUntilFree = (moment: string) =>
  `ceil(extract(epoch from ${moment} + interval '1 hour' - clock_timestamp()))::int`;

/** One mail of an organization at a time: so no two count the same lines, or replace the same invitation. */
export async function lockInvitations(tx: TenantTx): Promise<void> {
  await tx.raw('select pg_advisory_xact_lock(hashtextextended(?, 0))', [`invitations ${tx.tenant.organizationId}`]);
}

/**
 * Before a mail goes to an address that did not ask for it, with names in it that anybody may choose: not many of an
 * organization's, and few to one address. Counted are the lines in the audit log, of which each mail leaves one, under
 * `lockInvitations`.
 * @throws OverLimit
 */
export async function limitInvitations(tx: TenantTx, email: string): Promise<void> {
  // The bound on the ids, which the process's clock makes, spares Postgres the rest of the log.
  const { rows } = await tx.raw(
    `select count(*)::int as mails, ${secondsUntilFree('min(line.created_at)')} as seconds,
       count(*) filter (where invitation.email = ?)::int as to_one,
       ${secondsUntilFree('min(line.created_at) filter (where invitation.email = ?)')} as to_one_seconds
     from audit_events line
     join invitations invitation
       on invitation.organization_id = line.organization_id and invitation.id = line.subject_id
     where line.organization_id = ? and line.id >= app.event_id_at(now() - interval '2 hours')
       and line.action in (?, ?) and line.created_at > clock_timestamp() - interval '1 hour'`,
    [email, email, tx.tenant.organizationId, invitationCreated, invitationResent],
  );
  const [{ mails, seconds, to_one, to_one_seconds }] = rows as [Record<string, number>];
  if (to_one! >= mailsToOnePerHour) {
    const policy = { name: 'invitees', points: mailsToOnePerHour, seconds: 3_600 };
    throw new OverLimit(
      `One address is sent ${mailsToOnePerHour} invitations an hour at most.`,
      policy,
      to_one_seconds!,
    );
  }
  if (mails! >= mailsPerHour) {
    const policy = { name: 'invitations', points: mailsPerHour, seconds: 3_600 };
    throw new OverLimit(`An organization sends ${mailsPerHour} invitations an hour at most.`, policy, seconds!);
  }
}
