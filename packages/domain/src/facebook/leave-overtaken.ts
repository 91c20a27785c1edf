import type { Context } from '../context.ts';
import type { Uuid } from '../ids.ts';
import { FacebookLogin } from '../integrations/facebook-login.ts';
import { leavePage } from '../integrations/page-unsubscription.ts';
import { sweepUnsubscriptionsJob } from '../jobs.ts';
import { nudge } from '../nudge.ts';
import { isGone, withTenant } from '../tenancy/doors.ts';
import type { CheckedLogin } from './checked-login.ts';
import type { PageExamination } from './examine-pages.ts';

/**
 * Pages that were let go while a check subscribed them, or took our app off them. The app may sit on them now although
 * nobody holds them, or be missing where somebody else does by now: they are left once more, which finds out.
 */
export async function leaveOvertaken(
  ctx: Context,
  checked: CheckedLogin,
  isOvertaken: (integrationId: Uuid) => boolean,
): Promise<void> {
  const pages = checked.findings.pages.filter(
    (each): each is Seen =>
      each.outcome === 'seen' && wasChanged(each, checked) && isOvertaken(each.page.integrationId),
  );
  if (pages.length === 0) return;
  const organization = checked.login.organizationId;
  try {
    await withTenant(ctx, { organization, allowInactive: true }, async tx => {
      // The person took the app away, and may have asked for deletion: the tokens open nothing, and are not kept.
      const login = await FacebookLogin.query(tx).findOne({ id: checked.login.id });
      if (login?.revoked_at) return;
      for (const { page, found } of pages) {
        await leavePage(tx, ctx.vault, {
          integrationId: page.integrationId,
          pageId: page.pageId,
          token: found.token,
          // One attempt to leave it is made already, of which nobody saw what it met.
          attempts: page.webhookEnabled ? 0 : 1,
        });
      }
    });
  } catch (error) {
    if (isGone(error)) return;
    throw error;
  }
  await nudge(ctx, sweepUnsubscriptionsJob, {});
}

type Seen = Extract<PageExamination, { outcome: 'seen' }>;

const wasChanged = ({ page }: Seen, { subscriptions }: CheckedLogin): boolean =>
  subscriptions.get(page.integrationId)?.changed === true;
