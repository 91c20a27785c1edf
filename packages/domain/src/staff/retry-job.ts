import type { Context } from '../context.ts';
import { notFound } from '../errors.ts';
import type { UserActor } from '../tenancy/actor.ts';
import { withUser } from '../tenancy/doors.ts';
import { requireStaff } from './require-staff.ts';

/** What the queue calls a job: a number, or the name of a schedule with its time. */
const jobId = /^[\w.:-]{1,200}$/;

/**
 * Has a failed job tried once more, for staff. It is a nudge: what it does, it does by the rows, and twice does no harm.
 * @throws DomainError `forbidden`; `not_found` where no job has this id
 */
export async function retryJob(ctx: Context<UserActor>, { job }: { job: string }): Promise<void> {
  await withUser(ctx, { readOnly: false }, async view => {
    await requireStaff(view);
    // In the transaction, which writes nothing but the answer: that is kept only where there was a job.
    const isThere = jobId.test(job) && (await ctx.queue.retry(job));
    if (!isThere) throw notFound('job');
  });
  // No organization's log is the place for what is done to the system.
  ctx.log.info({ job_id: job, user_id: ctx.actor.userId, request_id: ctx.requestId }, 'a failed job is tried again');
}
