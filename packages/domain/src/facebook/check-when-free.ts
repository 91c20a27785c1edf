import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '../context.ts';
import type { Uuid } from '../ids.ts';
import { refreshLoginJob } from '../jobs.ts';
import { askAgain } from './ask-again.ts';
import { type CheckOutcome, checkLogin } from './check-login.ts';

/**
 * Checks a login within a request. A check that runs already is about to end: it is waited for, and what it saw may be
 * older than the request. One under which a page was changed knows nothing of it, and is made again. Where none can be
 * made now, a job makes it later.
 */
export async function checkWhenFree(
  ctx: Context,
  appId: string,
  login: { organization_id: Uuid; login_id: Uuid },
): Promise<CheckOutcome> {
  const asJob: Context = { ...ctx, actor: { type: 'job', job: refreshLoginJob.name, jobId: ctx.requestId } };
  let checked: CheckOutcome = { outcome: 'busy' };
  for (let attempt = 0; attempt < 40; attempt += 1) {
    checked = await checkLogin(asJob, appId, login);
    const isStale = checked.outcome === 'checked' && checked.outdated;
    if (checked.outcome !== 'busy' && !isStale) break;
    await sleep(250);
  }
  await askAgain(ctx, login, checked);
  return checked;
}
