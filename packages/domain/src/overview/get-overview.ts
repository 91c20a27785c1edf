import * as z from 'zod';
import { authorize } from '../access/authorize.ts';
import type { Context } from '../context.ts';
import { idAt, publicId, type Uuid } from '../ids.ts';
import {
  type PageStatus,
  pageStatuses,
  type StatusReason,
  tokenDeadStatuses,
} from '../integrations/facebook-page-integration.ts';
import { Rendered, timestamp } from '../resource.ts';
import { businessNow } from '../tenancy/business-now.ts';
import { withTenant } from '../tenancy/doors.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';

/** How far the figures look back, and the forecast ahead, in days. */
const daysBack = 14;
const daysAhead = 60;
/** Counting stops there: beyond it a figure is "so many or more". */
const maxCounted = 20_000;
const maxAttention = 20;

const count = z.number().int();

/** An organization at a glance. Days are UTC's. */
export const overviewShape = z
  .object({
    pages: z
      .array(z.object({ status: z.enum(pageStatuses), count }))
      .describe('How many active integrations have a page of each status; statuses of none are left out.'),
    expiring: z
      .array(z.object({ date: z.iso.date(), count }))
      .describe(
        `How many pages that work have a login that ends on a day within ${daysAhead} days, unless they are renewed before.`,
      ),
    days: z
      .array(z.object({ date: z.iso.date(), events: count, replies: count, skipped: count }))
      .describe(
        `Events by the time inside them, replies that were sent, and what was not answered; ${daysBack} days, oldest first. Each is counted up to ${maxCounted}.`,
      ),
    waiting: z
      .object({ pending: count, parked: count, failed: count })
      .describe(`Events that are not done with. Each is counted up to ${maxCounted}.`),
    attention: z
      .array(
        z.object({
          integration_id: z.string(),
          business_id: z.string(),
          name: z.string(),
          status: z.enum(pageStatuses),
          status_since: timestamp,
          status_reason: z.object({ code: z.string(), detail: z.string(), fix: z.string() }).nullable(),
        }),
      )
      .describe(`The pages that need a person, most serious first, ${maxAttention} at most.`),
  })
  .meta({ id: 'Overview' });

export type OverviewShape = z.output<typeof overviewShape>;

/** How an organization's pages are and will be, what came and was answered lately, and what needs a person. */
export async function getOverview(
  ctx: Context,
  { organization }: { organization: string },
): Promise<Rendered<OverviewShape>> {
  return await withTenant(ctx, { organization, readOnly: true }, async tx => {
    authorize(tx, 'organization.read');
    const shown: OverviewShape = {
      pages: await countPages(tx),
      expiring: await forecast(tx),
      days: await countDays(tx),
      waiting: await countWaiting(tx),
      attention: await findAttention(tx),
    };
    return new Rendered(JSON.stringify(shown));
  });
}

const activePages = `facebook_page_integrations p
  join integrations i on i.organization_id = p.organization_id and i.id = p.id and i.is_active
  join businesses b on b.organization_id = i.organization_id and b.id = i.business_id and b.is_active`;

async function countPages(tx: TenantTx): Promise<OverviewShape['pages']> {
  const { rows } = await tx.raw(
    `select p.status, count(*)::int as count from ${activePages} where p.organization_id = ? group by p.status`,
    [tx.tenant.organizationId],
  );
  const counts = new Map<PageStatus, number>(
    rows.map((row: { status: PageStatus; count: number }) => [row.status, row.count]),
  );
  return pageStatuses.filter(status => counts.has(status)).map(status => ({ status, count: counts.get(status)! }));
}

/** What has ended cannot end. */
const deadAlready: readonly PageStatus[] = ['disconnected', ...tokenDeadStatuses];

async function forecast(tx: TenantTx): Promise<OverviewShape['expiring']> {
  const { rows } = await tx.raw(
    `select to_char(l.expires_at at time zone 'UTC', 'YYYY-MM-DD') as date, count(*)::int as count
     from ${activePages}
     join facebook_logins l on l.organization_id = p.organization_id and l.id = p.login_id
     where p.organization_id = ? and p.status <> all (?::text[]) and l.expires_at >= (select app.now())
       and l.expires_at < (select app.now()) + interval '${daysAhead} days'
     group by 1 order by 1`,
    [tx.tenant.organizationId, [...deadAlready]],
  );
  return rows;
}

/** Ids of events and replies begin with their time: each day is a range of the primary key. */
async function countDays(tx: TenantTx): Promise<OverviewShape['days']> {
  const { organizationId } = tx.tenant;
  const days = daysUpTo(await businessNow(tx));
  const { rows } = await tx.raw(
    `select day.date, events.count as events, replies.sent as replies, replies.skipped
     from unnest(?::text[], ?::uuid[], ?::uuid[]) with ordinality as day (date, first, next, place)
     cross join lateral (
       select count(*)::int as count from (
         select from webhook_events e
         where e.organization_id = ? and e.id >= day.first and e.id < day.next limit ${maxCounted}
       ) as counted
     ) as events
     cross join lateral (
       select count(*) filter (where counted.state = 'sent')::int as sent,
         count(*) filter (where counted.state = 'skipped')::int as skipped
       from (
         select r.state from replies r
         where r.organization_id = ? and r.id >= day.first and r.id < day.next limit ${maxCounted}
       ) as counted
     ) as replies
     order by day.place`,
    [
      days.map(({ date }) => date),
      days.map(({ first }) => first),
      days.map(({ next }) => next),
      organizationId,
      organizationId,
    ],
  );
  return rows;
}

const dayMs = 86_400_000;

function daysUpTo(now: Date): { date: string; first: Uuid; next: Uuid }[] {
  const today = Math.floor(now.getTime() / dayMs);
  return Array.from({ length: daysBack }, (_, index) => {
    const begin = (today - daysBack + 1 + index) * dayMs;
    const date = new Date(begin).toISOString().slice(0, 10);
    return { date, first: idAt(new Date(begin)), next: idAt(new Date(begin + dayMs)) };
  });
}

// The states are written out: each has an index of its own.
const waitingOf = (state: 'pending' | 'parked' | 'failed'): string =>
  `(select count(*)::int from (
     select from webhook_events e where e.organization_id = t.id and e.state = '${state}' limit ${maxCounted}
   ) as counted) as ${state}`;

async function countWaiting(tx: TenantTx): Promise<OverviewShape['waiting']> {
  const states = (['pending', 'parked', 'failed'] as const).map(waitingOf).join(', ');
  const { rows } = await tx.raw(`select ${states} from (select ?::uuid as id) as t`, [tx.tenant.organizationId]);
  return rows[0];
}

/** A page that is being checked needs nobody yet. */
const needNobody: readonly PageStatus[] = ['unverified', 'healthy'];

interface Attention {
  id: Uuid;
  business_id: Uuid;
  name: string;
  status: PageStatus;
  status_since: Date;
  status_reason: StatusReason | null;
}

async function findAttention(tx: TenantTx): Promise<OverviewShape['attention']> {
  const { rows } = await tx.raw(
    `select i.id, i.business_id, i.name, p.status, p.status_since, p.status_reason from ${activePages}
     where p.organization_id = ? and p.status <> all (?::text[])
     order by array_position(?::text[], p.status), p.status_since desc limit ${maxAttention}`,
    [tx.tenant.organizationId, [...needNobody], [...pageStatuses]],
  );
  return rows.map(({ id, business_id, status_since, ...row }: Attention) => ({
    ...row,
    integration_id: publicId('integration', id),
    business_id: publicId('business', business_id),
    status_since: status_since.toISOString(),
  }));
}
