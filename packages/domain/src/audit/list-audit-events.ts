import type { QueryBuilder } from 'objection';
import * as z from 'zod';
import type { Context } from '../context.ts';
import { DomainError } from '../errors.ts';
import { type IdKind, idAt, parsePublicId, publicId } from '../ids.ts';
import {
  type Extra,
  type List,
  listInput,
  pageOf,
  type Rendered,
  Resource,
  renderPage,
  timestamp,
} from '../resource.ts';
import { readRows } from '../tenancy/read-rows.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { AuditEvent } from './audit.ts';

/** Of what ISO 8601 allows, what Postgres takes: it reads the text itself, to the microsecond. */
const moment = timestamp.refine(text => /^(?!0000)[^.]+(\.\d{1,9})?(Z|[+-](0\d|1[0-5]):\d\d)$/.test(text), {
  message: 'It must be a moment from year 1 on, at most 15:59 from UTC, such as 2026-01-31T12:00:00Z.',
});

export const listAuditEventsInput = listInput.extend({
  actor: z.string().min(1).max(100).optional().describe('`usr_…`, `key_…`, or the name of a job.'),
  action: z.string().min(1).max(100).optional().describe('Such as `business.created`.'),
  since: moment.optional().describe('From this moment on.'),
  until: moment.optional().describe('Before this moment.'),
});

/** One line of the audit log. `reason` says why staff were there. */
export const auditEventShape = z
  .object({
    id: z.string(),
    actor: z.object({ type: z.enum(['user', 'staff', 'api_key', 'job']), id: z.string() }),
    action: z.string(),
    subject: z.object({ type: z.string(), id: z.string() }),
    changes: z.record(z.string(), z.unknown()),
    reason: z.string().nullable(),
    request_id: z.string(),
    created_at: timestamp,
  })
  .meta({ id: 'AuditEvent' });

export type AuditEventShape = z.output<typeof auditEventShape>;

export const auditEventResource = new Resource<AuditEventShape>(
  { id: ['audit_event', 'audit_events.id'] },
  {
    action: 'audit_events.action',
    changes: 'audit_events.changes',
    reason: 'audit_events.reason',
    request_id: 'audit_events.request_id',
    created_at: 'audit_events.created_at',
  },
);

/** What happened in an organization and who did it, newest first. */
export async function listAuditEvents(
  ctx: Context,
  input: { organization: string } & z.output<typeof listAuditEventsInput>,
): Promise<Rendered<List<AuditEventShape>>> {
  const { organization, actor, action, since, until, ...page } = input;
  const actorId = actor === undefined ? undefined : actorIdOf(actor);
  const rows = await readRows(ctx, { organization, permission: 'audit.read' }, tx => {
    const query = auditEvents(tx);
    if (actorId !== undefined) query.where('actor_id', actorId);
    if (action !== undefined) query.where('action', action);
    // Ids begin with their time: the bound on them spares Postgres the rest of the log.
    if (since !== undefined) query.where('created_at', '>=', since).where('id', '>=', idAt(shifted(since, -slackMs)));
    if (until !== undefined) query.where('created_at', '<', until).where('id', '<', idAt(shifted(until, slackMs)));
    return pageOf(query, auditEventResource, page, 'audit_events.id');
  });
  return renderPage(rows, auditEventResource, page.limit, whoAndWhat);
}

/** Lines of the log with what {@link whoAndWhat} shows of them. */
export const auditEvents = (tx: TenantTx): QueryBuilder<AuditEvent> =>
  AuditEvent.query(tx).select('actor_type', 'actor_id', 'subject_type', 'subject_id');

/** @throws DomainError `invalid_request` for what looks like an id and is none */
function actorIdOf(actor: string): string {
  if (!/^(usr|key)_/.test(actor)) return actor;
  const id = parsePublicId('user', actor) ?? parsePublicId('api_key', actor);
  if (id) return id;
  throw new DomainError('invalid_request', 'Some query parameters are not valid.', [
    { pointer: 'actor', code: 'invalid', detail: 'It is no id of a person or an API key.' },
  ]);
}

/** An id is made by a process's clock, `created_at` by the database's. */
const slackMs = 3_600_000;

const shifted = (time: string, ms: number): Date => new Date(Date.parse(time) + ms);

export function whoAndWhat(row: Record<string, unknown>): Extra {
  const { actor_type: type, actor_id, subject_type, subject_id } = row as Record<string, string>;
  return {
    actor: { type, id: type === 'job' ? actor_id : publicId(type === 'api_key' ? type : 'user', actor_id!) },
    subject: { type: subject_type, id: publicId(subject_type as IdKind, subject_id!) },
  };
}
