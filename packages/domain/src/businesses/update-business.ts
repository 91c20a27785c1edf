import { raw } from 'objection';
import * as z from 'zod';
import { authorize } from '../access/authorize.ts';
import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { violates } from '../database/errors.ts';
import { DomainError } from '../errors.ts';
import { nameInput } from '../name-input.ts';
import { slugInput } from '../organizations/organization.ts';
import { changesOf } from '../patch.ts';
import { type Rendered, refuseStale } from '../resource.ts';
import { withTenant } from '../tenancy/doors.ts';
import { Business, type BusinessShape, descriptionInput, findBusiness } from './business.ts';
import { showBusiness } from './show-business.ts';

export const updateBusinessInput = z.strictObject({
  name: nameInput.optional(),
  slug: slugInput.optional(),
  description: descriptionInput.optional(),
});

/** Changes a business's name, slug or description. @throws DomainError `slug_taken` */
export async function updateBusiness(
  ctx: Context,
  input: { organization: string; business: string } & z.output<typeof updateBusinessInput>,
): Promise<Rendered<BusinessShape>> {
  const { organization, business: reference, ...patch } = input;
  try {
    return await withTenant(ctx, { organization }, async tx => {
      authorize(tx, 'business.write');
      const business = await findBusiness(tx, reference, { forUpdate: true });
      refuseStale(ctx.ifMatch, business);
      const changes = changesOf(business, patch);
      if (changes) {
        await Business.query(tx)
          .where({ id: business.id })
          .patch({ ...patch, version: business.version + 1, updated_at: raw('now()') as never });
      }
      const shown = await showBusiness(tx, business.id);
      const subject = { type: 'business', id: business.id } as const;
      await audit(tx, changes && { action: 'business.updated', subject, changes });
      return shown;
    });
  } catch (error) {
    if (violates(error, 'businesses_slug')) throw new DomainError('slug_taken', `The slug ${patch.slug} is taken.`);
    throw error;
  }
}
