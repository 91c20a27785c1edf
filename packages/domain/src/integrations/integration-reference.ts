import * as z from 'zod';
import { authorize } from '../access/authorize.ts';
import type { Context } from '../context.ts';
import { notFound } from '../errors.ts';
import { parsePublicId, type Uuid } from '../ids.ts';
import { withTenant } from '../tenancy/doors.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { Integration } from './integration.ts';

/** The parameter that narrows a list to what belongs to one integration. */
export const integrationReference = z.string().max(100).optional().describe('Only those of this integration, `int_…`.');

/**
 * The integration behind `int_…`, deactivated ones too: what they did is still shown.
 * @throws DomainError `not_found`
 */
export async function findIntegrationId(tx: TenantTx, reference: string): Promise<Uuid> {
  const id = parsePublicId('integration', reference);
  const integration = id && (await Integration.query(tx).findOne({ id }).select('id'));
  if (!integration) throw notFound('integration');
  return integration.id;
}

/**
 * Reads rows of one integration, or of all when it is not named. None of an unknown integration is a 404, none of a
 * known one an empty list; the second look is taken only then.
 * @param read is given the integration's id
 */
export async function ofIntegration<Row>(
  ctx: Context,
  organization: string,
  reference: string | undefined,
  read: (integrationId: Uuid | undefined) => Promise<Row[]>,
): Promise<Row[]> {
  if (reference === undefined) return await read(undefined);
  const id = parsePublicId('integration', reference);
  const rows = id ? await read(id) : [];
  if (rows.length === 0) {
    await withTenant(ctx, { organization, readOnly: true }, async tx => {
      authorize(tx, 'integration.read');
      await findIntegrationId(tx, reference);
    });
  }
  return rows;
}
