import type { Context } from '../context.ts';
import { leavePage } from '../integrations/page-unsubscription.ts';
import { sweepUnsubscriptionsJob } from '../jobs.ts';
import { nudge } from '../nudge.ts';
import { isGone, withTenant } from '../tenancy/doors.ts';
import type { LeasedLogin } from './lease-login.ts';
import type { PageVerdict } from './store-verdicts.ts';

/**
 * Pages that were let go while a check was about to subscribe them: our app may sit on them now although nobody holds
 * them, so they are left once more. Where somebody does hold them, that is found out then.
 */
export async function leaveOvertaken(
  ctx: Context,
  login: LeasedLogin,
  overtaken: readonly PageVerdict[],
): Promise<void> {
  const pages = overtaken.filter(({ maySubscribe }) => maySubscribe);
  if (pages.length === 0) return;
  try {
    await withTenant(ctx, { organization: login.organizationId, allowInactive: true }, async tx => {
      for (const { found } of pages) {
        const { integrationId, pageId } = found.page;
        await leavePage(tx, ctx.vault, { integrationId, pageId, token: found.token });
      }
    });
  } catch (error) {
    if (isGone(error)) return;
    throw error;
  }
  await nudge(ctx, sweepUnsubscriptionsJob, {});
}
