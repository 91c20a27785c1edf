import type { FailedJob } from '@pagekeeper/queue/queue';
import * as z from 'zod';
import type { Context } from '../context.ts';
import { DomainError } from '../errors.ts';
import { type IdKind, idPrefixes, publicId } from '../ids.ts';
import { type List, listInput, Rendered, timestamp } from '../resource.ts';
import type { UserActor } from '../tenancy/actor.ts';
import { withUser } from '../tenancy/doors.ts';
import { requireStaff } from './require-staff.ts';

export const listFailedJobsInput = listInput;

/** A job that failed for good. Its payload is ids; it holds nothing else to see. */
export const failedJobShape = z
  .object({
    id: z.string(),
    name: z.string(),
    ids: z.record(z.string(), z.string()).describe('What it was about: `org_…`, `int_…`.'),
    attempts: z.number().int(),
    reason: z.string().describe('The last error, without tokens and contents.'),
    failed_at: timestamp,
  })
  .meta({ id: 'FailedJob' });

export type FailedJobShape = z.output<typeof failedJobShape>;

/** Jobs that failed for good, the last one first, for staff. @throws DomainError `forbidden`; QueueError */
export async function listFailedJobs(
  ctx: Context<UserActor>,
  { limit, cursor }: z.output<typeof listFailedJobsInput>,
): Promise<Rendered<List<FailedJobShape>>> {
  await withUser(ctx, { readOnly: true }, requireStaff);
  const offset = cursor === undefined ? 0 : parseOffset(cursor);
  const found = await ctx.queue.failedJobs({ offset, limit: limit + 1 });
  const has_more = found.length > limit;
  const page: List<FailedJobShape> = {
    data: found.slice(0, limit).map(show),
    has_more,
    next_cursor: has_more ? makeOffset(offset + limit) : null,
  };
  return new Rendered(JSON.stringify(page));
}

const show = ({ failedAt, ids, ...job }: FailedJob): FailedJobShape => ({
  ...job,
  ids: Object.fromEntries(Object.entries(ids).map(([name, id]) => [name, publicly(name, id)])),
  failed_at: failedAt.toISOString(),
});

/** `organization_id` as the API names it; what the API never names stays a uuid. */
function publicly(name: string, id: string): string {
  const kind = name.replace(/_id$/, '');
  return Object.hasOwn(idPrefixes, kind) ? publicId(kind as IdKind, id) : id;
}

/** The queue keeps 1,000 of them at most. */
const maxOffset = 10_000;

const makeOffset = (offset: number): string => Buffer.from(`after ${offset}`).toString('base64url');

/** @throws DomainError `invalid_request` for anything that no list of ours gave out */
function parseOffset(cursor: string): number {
  const offset = Number(/^after (\d{1,5})$/.exec(Buffer.from(cursor, 'base64url').toString())?.[1]);
  if (offset <= maxOffset && makeOffset(offset) === cursor) return offset;
  throw new DomainError('invalid_request', 'The cursor is not one that a list gave out.', [
    { pointer: 'cursor', code: 'invalid', detail: 'Pass `next_cursor` of the page before, unchanged.' },
  ]);
}
