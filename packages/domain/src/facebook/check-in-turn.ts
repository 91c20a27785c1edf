import { raw } from 'objection';
import type { Context } from '../context.ts';
import type { Uuid } from '../ids.ts';
import { FacebookPageIntegration } from '../integrations/facebook-page-integration.ts';
import { isGone, withTenant } from '../tenancy/doors.ts';
import { askAgain } from './ask-again.ts';
import { type CheckOutcome, checkLogin } from './check-login.ts';

/**
 * A check as a job: a routine one is left out where another came before it, and one that somebody asked for follows the
 * one that is under way, which may have begun before what they ask about, and is made later where it cannot be made now.
 */
export async function checkInTurn(
  ctx: Context,
  appId: string,
  input: { organization_id: Uuid; login_id: Uuid; routine?: boolean | undefined },
): Promise<CheckOutcome | { outcome: 'not_due' }> {
  if (input.routine && !(await isDue(ctx, input))) return { outcome: 'not_due' };
  const checked = await checkLogin(ctx, appId, input);
  if (!input.routine) await askAgain(ctx, input, checked);
  return checked;
}

async function isDue(ctx: Context, input: { organization_id: Uuid; login_id: Uuid }): Promise<boolean> {
  try {
    return await withTenant(ctx, { organization: input.organization_id, readOnly: true }, async tx => {
      const pages = FacebookPageIntegration.query(tx).where({ login_id: input.login_id });
      const due = await pages
        .where(raw('next_check_at <= app.now()') as never)
        .select('id')
        .limit(1);
      return due.length > 0;
    });
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}
