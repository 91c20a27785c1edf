import { raw } from 'objection';
import { authorize } from '../access/authorize.ts';
import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { violates } from '../database/errors.ts';
import { DomainError } from '../errors.ts';
import type { Rendered } from '../resource.ts';
import { withTenant } from '../tenancy/doors.ts';
import { Business, type BusinessShape, findBusiness } from './business.ts';
import { showBusiness } from './show-business.ts';

/** Takes a soft delete back, by id. @throws DomainError `slug_taken` when an active business has the slug now */
export async function restoreBusiness(
  ctx: Context,
  { organization, business: reference }: { organization: string; business: string },
): Promise<Rendered<BusinessShape>> {
  try {
    return await withTenant(ctx, { organization }, async tx => {
      authorize(tx, 'business.write');
      const { id } = await findBusiness(tx, reference, { active: 'any', forUpdate: true });
      await Business.query(tx)
        .where({ id })
        .patch({ is_active: true, deactivated_at: null, updated_at: raw('now()') as never });
      const shown = await showBusiness(tx, id);
      await audit(tx, { action: 'business.restored', subject: { type: 'business', id } });
      return shown;
    });
  } catch (error) {
    if (violates(error, 'businesses_slug')) {
      throw new DomainError('slug_taken', 'Another business took the slug meanwhile. Rename that one first.');
    }
    throw error;
  }
}
