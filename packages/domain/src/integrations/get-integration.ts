import * as z from 'zod';
import { authorize } from '../access/authorize.ts';
import type { Context } from '../context.ts';
import { activeInput, type Rendered } from '../resource.ts';
import { withTenant } from '../tenancy/doors.ts';
import { findIntegration } from './integration.ts';
import type { IntegrationShape } from './integration-resource.ts';
import { showIntegration } from './show-integration.ts';

export const getIntegrationInput = z.strictObject({ active: activeInput });

/** One integration with its page's details. */
export async function getIntegration(
  ctx: Context,
  input: { organization: string; integration: string } & z.output<typeof getIntegrationInput>,
): Promise<Rendered<IntegrationShape>> {
  const { organization, integration, active } = input;
  return await withTenant(ctx, { organization, readOnly: true }, async tx => {
    authorize(tx, 'integration.read');
    const { id } = await findIntegration(tx, integration, { active });
    return await showIntegration(tx, id);
  });
}
