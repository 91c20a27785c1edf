import { raw } from 'objection';
import * as z from 'zod';
import { authorize } from '../access/authorize.ts';
import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { violates } from '../database/errors.ts';
import { DomainError, notFound } from '../errors.ts';
import { nameInput } from '../name-input.ts';
import { changesOf } from '../patch.ts';
import { type Rendered, refuseStale } from '../resource.ts';
import { withTenant } from '../tenancy/doors.ts';
import { Organization, type OrganizationShape, organizationSlugInput } from './organization.ts';
import { showOrganization } from './show-organization.ts';

export const updateOrganizationInput = z.strictObject({
  name: nameInput.optional(),
  slug: organizationSlugInput.optional(),
  replies_paused: z.boolean().optional().describe('The kill switch: no automatic reply while it is true.'),
});

/** Changes an organization's settings. @throws DomainError `slug_taken` */
export async function updateOrganization(
  ctx: Context,
  { organization, ...patch }: { organization: string } & z.output<typeof updateOrganizationInput>,
): Promise<Rendered<OrganizationShape>> {
  try {
    return await withTenant(ctx, { organization }, async tx => {
      authorize(tx, 'organization.update');
      const row = await Organization.query(tx).forUpdate().first();
      if (!row) throw notFound('organization');
      refuseStale(ctx.ifMatch, row);
      const changes = changesOf(row, patch);
      if (changes) {
        await Organization.query(tx).patch({ ...patch, version: row.version + 1, updated_at: raw('now()') as never });
      }
      const shown = await showOrganization(tx);
      const subject = { type: 'organization', id: row.id } as const;
      await audit(tx, changes && { action: 'organization.updated', subject, changes });
      return shown;
    });
  } catch (error) {
    if (violates(error, 'organizations_slug')) throw new DomainError('slug_taken', `The slug ${patch.slug} is taken.`);
    throw error;
  }
}
