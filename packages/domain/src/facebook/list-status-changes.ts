import * as z from 'zod';
import { authorize } from '../access/authorize.ts';
import { AuditEvent } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { pageStatuses } from '../integrations/facebook-page-integration.ts';
import { findIntegration } from '../integrations/integration.ts';
import { type List, listInput, pageOf, type Rendered, Resource, renderPage, timestamp } from '../resource.ts';
import { withTenant } from '../tenancy/doors.ts';
import { statusChanged } from './status-change.ts';

export const listStatusChangesInput = listInput;

/** One step in a page's history: what it was from then on, and why. */
export const statusChangeShape = z
  .object({
    id: z.string(),
    from: z.enum(pageStatuses),
    to: z.enum(pageStatuses),
    since: timestamp,
    reason: z
      .object({ code: z.string(), detail: z.string().nullable() })
      .nullable()
      .describe('Null where nothing is wrong. Of old changes only the code is known.'),
  })
  .meta({ id: 'StatusChange' });

export type StatusChangeShape = z.output<typeof statusChangeShape>;

/** Read from the audit log, where a check writes down each change: there is no second record that could differ. */
const statusChangeResource = new Resource<StatusChangeShape>(
  { id: ['audit_event', 'audit_events.id'] },
  {
    from: `audit_events.changes -> 'status' ->> 'from'`,
    to: `audit_events.changes -> 'status' ->> 'to'`,
    since: `coalesce((audit_events.changes ->> 'since')::timestamptz, audit_events.created_at)`,
    reason: `case when audit_events.changes ->> 'reason' is not null
      then json_build_object('code', audit_events.changes ->> 'reason', 'detail', audit_events.changes ->> 'detail') end`,
  },
);

/** How a page's status changed, newest first; also of an inactive integration. */
export async function listStatusChanges(
  ctx: Context,
  input: { organization: string; integration: string } & z.output<typeof listStatusChangesInput>,
): Promise<Rendered<List<StatusChangeShape>>> {
  const { organization, integration, ...page } = input;
  return await withTenant(ctx, { organization, readOnly: true }, async tx => {
    authorize(tx, 'integration.read');
    const { id } = await findIntegration(tx, integration, { active: 'any' });
    const query = AuditEvent.query(tx).where({ subject_id: id }).whereRaw(`action = '${statusChanged}'`);
    const rows = await pageOf(query, statusChangeResource, page, 'audit_events.id');
    return renderPage(rows as never, statusChangeResource, page.limit);
  });
}
