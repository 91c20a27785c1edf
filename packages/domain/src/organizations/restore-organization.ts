import { raw } from 'objection';
import { authorize } from '../access/authorize.ts';
import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { violates } from '../database/errors.ts';
import { DomainError } from '../errors.ts';
import type { Rendered } from '../resource.ts';
import { withTenant } from '../tenancy/doors.ts';
import { Organization, type OrganizationShape } from './organization.ts';
import { showOrganization } from './show-organization.ts';

/** Takes a soft delete back, by id: a slug names active organizations only. @throws DomainError `slug_taken` */
export async function restoreOrganization(
  ctx: Context,
  input: { organization: string },
): Promise<Rendered<OrganizationShape>> {
  try {
    return await withTenant(ctx, { ...input, allowInactive: true }, async tx => {
      authorize(tx, 'organization.restore');
      await Organization.query(tx).patch({ is_active: true, deactivated_at: null, updated_at: raw('now()') as never });
      const shown = await showOrganization(tx);
      await audit(tx, {
        action: 'organization.restored',
        subject: { type: 'organization', id: tx.tenant.organizationId },
      });
      return shown;
    });
  } catch (error) {
    if (violates(error, 'organizations_slug')) {
      throw new DomainError('slug_taken', 'Another organization took the slug meanwhile. Rename that one first.');
    }
    throw error;
  }
}
