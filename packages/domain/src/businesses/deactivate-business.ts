import { raw } from 'objection';
import { authorize } from '../access/authorize.ts';
import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { withTenant } from '../tenancy/doors.ts';
import { Business, findBusiness } from './business.ts';

/** Soft delete: the business and its integrations become unreachable, and nothing is erased. */
export async function deactivateBusiness(
  ctx: Context,
  { organization, business: reference }: { organization: string; business: string },
): Promise<void> {
  await withTenant(ctx, { organization }, async tx => {
    authorize(tx, 'business.write');
    const { id } = await findBusiness(tx, reference, { forUpdate: true });
    await Business.query(tx)
      .where({ id })
      .patch({ is_active: false, deactivated_at: raw('now()') as never, updated_at: raw('now()') as never });
    await audit(tx, { action: 'business.deactivated', subject: { type: 'business', id } });
  });
}
