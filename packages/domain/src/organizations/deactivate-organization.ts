import { raw } from 'objection';
import { authorize } from '../access/authorize.ts';
import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { withTenant } from '../tenancy/doors.ts';
import { Organization } from './organization.ts';

/** Soft delete: the organization and all in it become unreachable, and nothing is erased. */
export async function deactivateOrganization(ctx: Context, input: { organization: string }): Promise<void> {
  await withTenant(ctx, input, async tx => {
    authorize(tx, 'organization.deactivate');
    await Organization.query(tx).patch({
      is_active: false,
      deactivated_at: raw('now()') as never,
      updated_at: raw('now()') as never,
    });
    await audit(tx, {
      action: 'organization.deactivated',
      subject: { type: 'organization', id: tx.tenant.organizationId },
    });
  });
}
