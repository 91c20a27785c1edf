import * as z from 'zod';
import { authorize } from '../access/authorize.ts';
import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { DomainError, type FieldError, notFound } from '../errors.ts';
import { publicId, type Uuid } from '../ids.ts';
import { endMembership } from '../members/end-membership.ts';
import { OrganizationMembership } from '../members/organization-membership.ts';
import type { UserActor } from '../tenancy/actor.ts';
import { isGone, withTenant, withUser } from '../tenancy/doors.ts';
import type { Role, TenantTx } from '../tenancy/tenant-tx.ts';
import type { Credentials } from './credentials.ts';

export const leaveForGoodInput = z.strictObject({
  password: z.string().max(200).optional().describe('Not needed within ten minutes of signing in.'),
});

/**
 * A person leaves every organization, each in its own transaction, and is then erased: sessions, password, second
 * factor, name and address. The address goes from their invitations too, and from the audit log, which is append-only
 * but for that: the lines stay, with words in its place. Cut in between, the same request goes on where it stopped. Of an
 * inactive organization without another OWNER they stay the OWNER, by a name that says nothing: an organization has one
 * as long as it exists.
 * @throws DomainError `wrong_password`, and `last_owner` naming the active organizations that need another OWNER first
 */
export async function leaveForGood(
  ctx: Context<UserActor>,
  credentials: Credentials,
  { password }: z.output<typeof leaveForGoodInput>,
): Promise<void> {
  await confirm(ctx.actor, credentials, password);
  await refuseLastOwner(ctx);
  for await (const organization of organizationsOf(ctx)) await leave(ctx, organization);
  await credentials.erase(ctx.actor.userId);
  // Outside of the database, so that it can be done again after a restore.
  ctx.log.info({ user_id: ctx.actor.userId, request_id: ctx.requestId }, 'a user left for good');
}

async function confirm({ userId, isFresh }: UserActor, credentials: Credentials, password?: string): Promise<void> {
  if (password === undefined && isFresh) return;
  if (password !== undefined && (await credentials.isPassword(userId, password))) return;
  const detail = password === undefined ? 'Send your password, or sign in anew.' : 'This is not your password.';
  throw new DomainError('wrong_password', detail);
}

interface Place {
  id: Uuid;
  name: string;
  slug: string;
  is_active: boolean;
  role: Role;
}

const batch = 100;

/** All of a person's organizations, a batch at a time; leaving one in between moves nothing. */
async function* organizationsOf(ctx: Context<UserActor>): AsyncGenerator<Place> {
  let last: Uuid | null = null;
  for (;;) {
    const page: Place[] = await withUser(ctx, { readOnly: true }, async ({ userId, raw }) => {
      const { rows } = await raw(
        `select id, name, slug, is_active, role from router.my_organizations(?)
         where ?::uuid is null or id > ?::uuid order by id limit ${batch}`,
        [userId, last, last] as never,
      );
      return rows;
    });
    yield* page;
    if (page.length < batch) return;
    last = page.at(-1)!.id;
  }
}

const maxNamed = 50;

async function refuseLastOwner(ctx: Context<UserActor>): Promise<void> {
  const errors: FieldError[] = [];
  for await (const place of organizationsOf(ctx)) {
    if (errors.length >= maxNamed) break;
    if (place.is_active && place.role === 'OWNER' && (await isOnlyOwner(ctx, place))) errors.push(needsOwner(place));
  }
  if (errors.length > 0) throw new DomainError('last_owner', leaveBehind, errors);
}

const leaveBehind = 'You are the only OWNER of an organization. Make somebody else OWNER first, or deactivate it.';

const needsOwner = ({ id, name, slug }: Place): FieldError => ({
  pointer: `/organizations/${publicId('organization', id)}`,
  code: 'last_owner',
  detail: `${name} (${slug})`,
});

async function isOnlyOwner(ctx: Context<UserActor>, { id }: Place): Promise<boolean> {
  const organization = publicId('organization', id);
  return await withTenant(ctx, { organization, readOnly: true }, async tx => {
    authorize(tx, 'member.leave');
    const owners = await OrganizationMembership.query(tx).where({ role: 'OWNER', is_active: true }).resultSize();
    return owners === 1;
  });
}

async function leave(ctx: Context<UserActor>, place: Place): Promise<void> {
  const organization = publicId('organization', place.id);
  try {
    await withTenant(ctx, { organization, allowInactive: true }, async tx => {
      authorize(tx, 'member.leave');
      const member = await findOwn(tx);
      await endMembership(tx, member.id);
      await audit(tx, {
        action: 'member.left',
        subject: { type: 'member', id: member.id },
        changes: { role: { from: member.role, to: null } },
      });
    });
  } catch (error) {
    // Somebody took them out meanwhile.
    if (isGone(error)) return;
    if ((error as { code?: unknown }).code !== 'last_owner') throw error;
    if (place.is_active) throw new DomainError('last_owner', leaveBehind, [needsOwner(place)]);
  }
}

async function findOwn(tx: TenantTx): Promise<OrganizationMembership> {
  const own = { user_id: tx.tenant.userId!, is_active: true };
  const member = await OrganizationMembership.query(tx).findOne(own).forUpdate();
  if (!member) throw notFound('member');
  return member;
}
