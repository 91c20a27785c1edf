import * as z from 'zod';
import { authorize } from '../access/authorize.ts';
import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { DomainError } from '../errors.ts';
import type { Uuid } from '../ids.ts';
import { nameInput } from '../name-input.ts';
import type { OrganizationShape } from '../organizations/organization.ts';
import { showOrganization } from '../organizations/show-organization.ts';
import { storeOrganization } from '../organizations/store-organization.ts';
import type { Rendered } from '../resource.ts';
import type { UserActor } from '../tenancy/actor.ts';
import { withNewTenant } from '../tenancy/doors.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { requireStaff } from './require-staff.ts';

export const createOrganizationForInput = z.strictObject({
  name: nameInput,
  owner_email: z.string().trim().toLowerCase().pipe(z.email().max(320)).describe('Of somebody who has an account.'),
});

/**
 * Creates an organization for somebody, who is its owner. Staff themselves are no member of it.
 * @throws DomainError `forbidden` for who is not staff, `invalid_request` when nobody has the address
 */
export async function createOrganizationFor(
  ctx: Context<UserActor>,
  { name, owner_email }: z.output<typeof createOrganizationForInput>,
): Promise<Rendered<OrganizationShape>> {
  return await withNewTenant(ctx, 'STAFF', async tx => {
    authorize(tx, 'organization.create');
    await requireStaff(tx);
    const ownerId = await findPerson(tx, owner_email);
    const slug = await storeOrganization(tx, ctx.vault, { name, ownerId });
    const shown = await showOrganization(tx);
    await audit(tx, {
      action: 'organization.created',
      subject: { type: 'organization', id: tx.tenant.organizationId },
      changes: { name, slug, owner_email },
    });
    return shown;
  });
}

async function findPerson(tx: TenantTx, email: string): Promise<Uuid> {
  const { rows } = await tx.raw('select id from auth.users where email = ?', [email]);
  if (rows[0]) return rows[0].id;
  throw new DomainError('invalid_request', 'Nobody has this e-mail address.', [
    { pointer: '/owner_email', code: 'no_such_user', detail: 'The person must sign up first.' },
  ]);
}
