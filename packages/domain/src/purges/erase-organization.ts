import { failpoint } from '@pagekeeper/runtime/failpoint';
import type { Context } from '../context.ts';
import type { Uuid } from '../ids.ts';
import { eraseOrganizationJob } from '../jobs.ts';
import { nudge } from '../nudge.ts';
import {
  earlierTransactionsEnded,
  eraseRows,
  eraseTenant,
  finishPurge,
  type LeasedPurge,
  leasePurge,
  releasePurge,
  renewPurge,
} from '../tenancy/purging.ts';
import { erasable } from './erasure.ts';

export type EraseOutcome =
  | 'erased'
  /** Pages are still to be left, or jobs of the organization still run. */
  | 'waiting'
  /** It has nudged itself: a large organization shall not hold a worker's place for ever. */
  | 'continued'
  /** Another process works on it, or took it over; or it is finished. */
  | 'busy';

/** So long Facebook is asked to take our app off the pages, while it does not answer. */
const unsubscribeSeconds = 300;
const batchRows = 2_000;
const maxBatches = 200;
/** Until the jobs that run have ended, or a page is left. */
const againAfterMs = 1_000;

/**
 * Erases an organization of which a purge was asked: waits until its pages are left, then takes row after row, its
 * keys and itself, and the jobs that name it. Every step can be repeated: whoever comes after a crash begins anew and
 * finds less to do.
 */
export async function eraseOrganization(ctx: Context, { purge_id }: { purge_id: Uuid }): Promise<EraseOutcome> {
  const purge = await leasePurge(ctx.database, purge_id);
  if (!purge) return 'busy';
  let outcome: EraseOutcome | undefined;
  try {
    outcome = await erase(ctx, purge);
  } finally {
    await releasePurge(ctx.database, purge);
  }
  if (outcome === 'waiting') await nudge(ctx, eraseOrganizationJob, { purge_id }, { delayMs: againAfterMs });
  if (outcome === 'continued') await nudge(ctx, eraseOrganizationJob, { purge_id });
  return outcome;
}

async function erase(ctx: Context, purge: LeasedPurge): Promise<EraseOutcome> {
  if (purge.pagesLeft > 0 && purge.waitedSeconds < unsubscribeSeconds) return 'waiting';
  if (!(await earlierTransactionsEnded(ctx.database, purge.leasedAt))) return 'waiting';
  const rows = await eraseTables(ctx, purge);
  if (rows !== 'erased') return rows;
  failpoint('purge.before_keys');
  if (!(await eraseTenant(ctx.database, purge))) return 'busy';
  failpoint('purge.before_jobs');
  // Not before the organization is gone: until then sweeps may add jobs of it.
  const { removed, left } = await ctx.queue.forget(purge.organizationId);
  if (removed + left > 0) return 'waiting';
  if (!(await renewPurge(ctx.database, purge))) return 'busy';
  await finishPurge(ctx.database, purge);
  return 'erased';
}

async function eraseTables({ database }: Context, purge: LeasedPurge): Promise<EraseOutcome> {
  let batches = 0;
  for (const table of erasable) {
    for (;;) {
      const erased = await eraseRows(database, purge, table, batchRows);
      if (erased === null) return 'busy';
      if (erased > 0) failpoint('purge.after_rows');
      if (erased < batchRows) break;
      batches += 1;
      if (batches >= maxBatches) return 'continued';
    }
  }
  return 'erased';
}
