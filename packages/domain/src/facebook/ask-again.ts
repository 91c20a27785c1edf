import type { Context } from '../context.ts';
import type { Uuid } from '../ids.ts';
import { refreshLoginJob } from '../jobs.ts';
import { nudge } from '../nudge.ts';
import type { CheckOutcome } from './check-login.ts';

const busyMs = 2_000;

/**
 * Has a check made later that somebody asked for and that could not be made now. Its pages are due, but the scan for
 * what is due rests while the app's calls are nearly used up, and what people ask for does not.
 */
export async function askAgain(
  ctx: Context,
  { organization_id, login_id }: { organization_id: Uuid; login_id: Uuid },
  checked: CheckOutcome,
): Promise<void> {
  const delayMs = 'againMs' in checked ? checked.againMs : checked.outcome === 'busy' ? busyMs : null;
  if (delayMs !== null) await nudge(ctx, refreshLoginJob, { organization_id, login_id }, { delayMs });
}
