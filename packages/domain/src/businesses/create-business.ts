import * as z from 'zod';
import { authorize } from '../access/authorize.ts';
import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { DomainError } from '../errors.ts';
import { newId, type Uuid } from '../ids.ts';
import { nameInput } from '../name-input.ts';
import { slugInput } from '../organizations/organization.ts';
import type { Rendered } from '../resource.ts';
import { slugCandidates, slugFrom } from '../slug.ts';
import { withTenant } from '../tenancy/doors.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { type BusinessShape, descriptionInput } from './business.ts';
import { showBusiness } from './show-business.ts';

export const createBusinessInput = z.strictObject({
  name: nameInput,
  slug: slugInput.optional(),
  description: descriptionInput.default(''),
});

type Input = z.output<typeof createBusinessInput>;

/** Creates a business in an organization. @throws DomainError `slug_taken` when the given slug is in use there */
export async function createBusiness(
  ctx: Context,
  { organization, ...input }: { organization: string } & Input,
): Promise<Rendered<BusinessShape>> {
  return await withTenant(ctx, { organization }, async tx => {
    authorize(tx, 'business.write');
    const id = newId();
    const slug = await insertUnderFreeSlug(tx, id, input);
    const shown = await showBusiness(tx, id);
    await audit(tx, {
      action: 'business.created',
      subject: { type: 'business', id },
      changes: { name: input.name, slug, description: input.description },
    });
    return shown;
  });
}

async function insertUnderFreeSlug(tx: TenantTx, id: Uuid, { name, slug: given, description }: Input): Promise<string> {
  for (const slug of given ? [given] : slugCandidates(slugFrom(name, 'business'))) {
    const { rowCount } = await tx.raw(
      `insert into businesses (organization_id, id, name, slug, description) values (?, ?, ?, ?, ?)
       on conflict (organization_id, slug) where is_active do nothing`,
      [tx.tenant.organizationId, id, name, slug, description],
    );
    if (rowCount === 1) return slug;
  }
  throw new DomainError('slug_taken', `The slug ${given ?? slugFrom(name, 'business')} is taken. Choose another.`);
}
