import * as z from 'zod';
import { authorize } from '../access/authorize.ts';
import type { Context } from '../context.ts';
import { publicId } from '../ids.ts';
import { pageStatuses } from '../integrations/facebook-page-integration.ts';
import { findIntegration } from '../integrations/integration.ts';
import { Rendered, timestamp } from '../resource.ts';
import { withTenant } from '../tenancy/doors.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { type HealthFacts, healthLines, lineNames, lineStates } from './health-lines.ts';

/** The connection doctor: one line per thing that must be right, each with what to do about it. */
export const healthShape = z
  .object({
    integration_id: z.string(),
    status: z.enum(pageStatuses).nullable().describe('Null while the integration has no page.'),
    status_since: timestamp.nullable(),
    checks: z.array(
      z.object({
        check: z.enum(lineNames),
        state: z.enum(lineStates),
        detail: z.string(),
        fix: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'Health' });

export type HealthShape = z.output<typeof healthShape>;

/** What is right and wrong with an integration's connection, as the last check saw it. Asks Facebook nothing. */
export async function getHealth(
  ctx: Context,
  { organization, integration: reference }: { organization: string; integration: string },
): Promise<Rendered<HealthShape>> {
  return await withTenant(ctx, { organization, readOnly: true }, async tx => {
    authorize(tx, 'integration.read');
    const { id, config } = await findIntegration(tx, reference);
    const facts = await readFacts(tx, id);
    const shown: HealthShape = {
      integration_id: publicId('integration', id),
      status: facts?.status ?? null,
      status_since: facts?.status_since.toISOString() ?? null,
      checks: facts ? healthLines(facts, config) : [],
    };
    return new Rendered(JSON.stringify(shown));
  });
}

/** One from each of the three indexes for the events of a page: by the primary key a quiet page would cost all others. */
const newestEvents = [`state = 'pending'`, `state = 'parked'`, `state in ('processed', 'ignored', 'failed')`]
  .map(
    isOfIndex => `(select n.id, n.received_at from webhook_events n where n.organization_id = p.organization_id
      and n.integration_id = p.id and n.${isOfIndex} order by n.id desc limit 1)`,
  )
  .join(' union all ');

async function readFacts(tx: TenantTx, integrationId: string): Promise<HealthFacts | null> {
  const { rows } = await tx.raw(
    `select p.status, p.status_reason, p.status_since, p.findings, p.next_check_at, p.last_checked_at, p.paused_until,
       p.pause_reason, l.expires_at as login_ends_at, app.now() as now,
       (select o.replies_paused from organizations o where o.id = p.organization_id) as replies_paused,
       exists (select from page_claims c where c.organization_id = p.organization_id and c.integration_id = p.id) as claimed,
       (select e.received_at from (${newestEvents}) as e order by e.id desc limit 1) as last_event_at,
       (select r.finished_at from replies r where r.organization_id = p.organization_id and r.integration_id = p.id
         and r.state = 'sent' and r.sending_at is not null order by r.sending_at desc limit 1) as last_reply_at
     from facebook_page_integrations p
     join facebook_logins l on l.organization_id = p.organization_id and l.id = p.login_id
     where p.organization_id = ? and p.id = ?`,
    [tx.tenant.organizationId, integrationId],
  );
  return rows[0] ?? null;
}
