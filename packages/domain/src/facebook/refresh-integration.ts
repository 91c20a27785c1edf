import { setTimeout as sleep } from 'node:timers/promises';
import { raw } from 'objection';
import { z } from 'zod';
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
import { withTenant } from '../tenancy/doors.ts';
import { type CheckOutcome, checkLogin } from './check-login.ts';

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
    // Due from now on: a nudge that is lost is found by the sweep.
    const [page] = await FacebookPageIntegration.query(tx)
      .where({ id: integration.id })
      .patch({ next_check_at: raw('app.now()') as never })
      .returning('login_id');
    if (!page) throw new DomainError('invalid_request', 'The integration has no page yet. Give it one first.');
    await audit(tx, { action: 'integration.refresh_asked', subject: { type: 'integration', id: integration.id } });
    return { integration, login: { organization_id: tx.tenant.organizationId, login_id: page.login_id } };
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

// A check that runs already is about to end: it is waited for, and what it saw may be older than the request.
async function checkWhenFree(
  ctx: Context,
  appId: string,
  login: { organization_id: Uuid; login_id: Uuid },
): Promise<CheckOutcome> {
  const asJob: Context = { ...ctx, actor: { type: 'job', job: refreshLoginJob.name, jobId: ctx.requestId } };
  for (let attempt = 0; attempt < 40; attempt += 1) {
    const outcome = await checkLogin(asJob, appId, login);
    if (outcome.outcome !== 'busy') return outcome;
    await sleep(250);
  }
  return { outcome: 'busy' };
}
