import { raw } from 'objection';
import * as z from 'zod';
import { authorize } from '../access/authorize.ts';
import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { DomainError } from '../errors.ts';
import type { Uuid } from '../ids.ts';
import { FacebookPageIntegration } from '../integrations/facebook-page-integration.ts';
import { findIntegration } from '../integrations/integration.ts';
import { integrationShape } from '../integrations/integration-resource.ts';
import { showIntegration } from '../integrations/show-integration.ts';
import { refreshLoginJob } from '../jobs.ts';
import { nudge } from '../nudge.ts';
import { Rendered } from '../resource.ts';
import { businessNow } from '../tenancy/business-now.ts';
import { withTenant } from '../tenancy/doors.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { checkWhenFree } from './check-when-free.ts';
import { noteChange } from './status-change.ts';

export const refreshIntegrationInput = z.strictObject({
  wait: z.enum(['true', 'false']).default('false').describe('Check now and answer with what was found.'),
});

/** `detail` says what went wrong where a call of ours failed. */
export const refreshShape = z.object({
  outcome: z.enum(['queued', 'checked', 'busy', 'gone', 'throttled', 'unreachable']),
  detail: z.string().nullable(),
  integration: integrationShape,
});

export type RefreshShape = z.output<typeof refreshShape>;

/** Checks an integration's tokens now: in this request, or as a job. */
export async function refreshIntegration(
  ctx: Context,
  appId: string,
  input: { organization: string; integration: string; wait: boolean },
): Promise<Rendered<RefreshShape>> {
  const { organization, integration: reference, wait } = input;
  const { integration, login } = await withTenant(ctx, { organization }, async tx => {
    authorize(tx, 'integration.refresh');
    const integration = await findIntegration(tx, reference);
    const login_id = await makeDue(tx, integration.id);
    await audit(tx, { action: 'integration.refresh_asked', subject: { type: 'integration', id: integration.id } });
    return { integration, login: { organization_id: tx.tenant.organizationId, login_id } };
  });
  let check: { outcome: RefreshShape['outcome']; detail?: string } = { outcome: 'queued' };
  if (wait) check = await checkWhenFree(ctx, appId, login);
  else await nudge(ctx, refreshLoginJob, login);
  const shown = await withTenant(ctx, { organization, readOnly: true }, async tx => {
    // Whoever may ask for a check sees what it found, as after every change: a key may lack the scope `read`.
    authorize(tx, 'integration.refresh');
    return await showIntegration(tx, integration.id);
  });
  const { outcome, detail = null } = check;
  return new Rendered(`{"outcome":"${outcome}","detail":${JSON.stringify(detail)},"integration":${shown.text}}`);
}

/**
 * Due from now on: a nudge that is lost is found by the sweep. A page that was taken over may be free again, and nothing
 * is known of it until it is checked.
 * @returns its login
 */
async function makeDue(tx: TenantTx, id: Uuid): Promise<Uuid> {
  const page = await FacebookPageIntegration.query(tx).findOne({ id }).forUpdate();
  if (!page) throw new DomainError('invalid_request', 'The integration has no page yet. Give it one first.');
  const since = await businessNow(tx);
  const anew = page.status === 'disconnected' && ({ status: 'unverified', status_reason: null } as const);
  await FacebookPageIntegration.query(tx)
    .where({ id })
    .patch({ next_check_at: raw('app.now()') as never, ...(anew && { ...anew, status_since: since }) });
  if (anew) await noteChange(tx, page, { status: anew.status, reason: null }, since);
  return page.login_id;
}
