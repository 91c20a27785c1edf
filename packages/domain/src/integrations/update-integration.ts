import { isDeepStrictEqual } from 'node:util';
import { raw } from 'objection';
import * as z from 'zod';
import { authorize } from '../access/authorize.ts';
import { audit } from '../audit/audit.ts';
import { renewGeneration } from '../claims/renew-generation.ts';
import type { Context } from '../context.ts';
import type { Uuid } from '../ids.ts';
import { refreshLoginJob } from '../jobs.ts';
import { nameInput } from '../name-input.ts';
import { nudge } from '../nudge.ts';

import { changesOf } from '../patch.ts';
import { type Rendered, refuseStale } from '../resource.ts';
import { withTenant } from '../tenancy/doors.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { findIntegration, Integration } from './integration.ts';
import { type IntegrationConfig, integrationConfigPatch, patchConfig, waitsForDelay } from './integration-config.ts';
import type { IntegrationShape } from './integration-resource.ts';
import { showIntegration } from './show-integration.ts';

export const updateIntegrationInput = z.strictObject({
  name: nameInput.optional(),
  config: integrationConfigPatch.optional(),
});

/**
 * Changes an integration's name or config. A new config holds from this moment on: a drain or a check that began under
 * the old one stops, and cached routes are stale. A changed `webhook_enabled` is carried to Facebook by a check at once.
 */
export async function updateIntegration(
  ctx: Context,
  input: { organization: string; integration: string } & z.output<typeof updateIntegrationInput>,
): Promise<Rendered<IntegrationShape>> {
  const { organization, integration: reference, name, config: configPatch } = input;
  const { shown, check } = await withTenant(ctx, { organization }, async tx => {
    authorize(tx, 'integration.write');
    const row = await findIntegration(tx, reference, { forUpdate: true });
    refuseStale(ctx.ifMatch, row);
    const config = configPatch ? patchConfig(row.config, configPatch) : row.config;
    // Postgres keeps the keys of jsonb in an order of its own.
    const changes = changesOf(row, { name, config: isDeepStrictEqual(config, row.config) ? undefined : config });
    if (changes) {
      await Integration.query(tx)
        .where({ id: row.id })
        .patch({ ...(name && { name }), config, version: row.version + 1, updated_at: raw('now()') as never });
    }
    const login_id = changes?.config ? await applyConfig(tx, row, config) : null;
    const shown = await showIntegration(tx, row.id);
    const subject = { type: 'integration', id: row.id } as const;
    await audit(tx, changes && { action: 'integration.updated', subject, changes });
    return { shown, check: login_id && { organization_id: tx.tenant.organizationId, login_id } };
  });
  if (check) await nudge(ctx, refreshLoginJob, check);
  return shown;
}

/** @returns the login to be checked, where Facebook must hear of the change */
async function applyConfig(tx: TenantTx, before: Integration, config: IntegrationConfig): Promise<Uuid | null> {
  const isSwitched = config.webhook_enabled !== before.config.webhook_enabled;
  const login_id = await renewGeneration(tx, before.id, { recheck: isSwitched });
  // What waits for the delay of before is decided anew.
  await tx('webhook_events')
    .where({ organization_id: tx.tenant.organizationId, integration_id: before.id, reason: waitsForDelay })
    // Written out, for the index.
    .whereRaw(`state = 'pending'`)
    .update({ not_before: null });
  return isSwitched ? login_id : null;
}
