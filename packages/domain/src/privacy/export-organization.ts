import type { QueryBuilder } from 'objection';
import { authorize } from '../access/authorize.ts';
import { listApiKeys } from '../api-keys/list-api-keys.ts';
import { audit } from '../audit/audit.ts';
import { listAuditEvents } from '../audit/list-audit-events.ts';
import type { Context } from '../context.ts';
import { DomainError } from '../errors.ts';
import type { Uuid } from '../ids.ts';
import { integrationResource } from '../integrations/integration-resource.ts';
import { integrationsWithPage } from '../integrations/show-integration.ts';
import { listInvitations } from '../invitations/list-invitations.ts';
import { listMembers } from '../members/list-members.ts';
import { getOrganization } from '../organizations/get-organization.ts';
import { listBusinesses } from '../overview/list-businesses.ts';
import { Reply, textOf } from '../replies/reply.ts';
import { replyResource } from '../replies/reply-resource.ts';
import { type Extra, type List, type ListInput, pageOf, Rendered, type Resource, renderPage } from '../resource.ts';
import { withTenant } from '../tenancy/doors.ts';
import { readRows } from '../tenancy/read-page.ts';
import type { TenantModel } from '../tenancy/tenant-model.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { openContents } from '../vault/open-contents.ts';
import type { Sealed } from '../vault/sealed.ts';
import type { Place } from '../vault/vault.ts';
import { eventResource, timeInEvent } from '../webhooks/event-resource.ts';
import { payloadOf, WebhookEvent } from '../webhooks/webhook-event.ts';

/** One thing of an export: what it is, and the resource as the API shows it, in JSON. */
export interface Exported {
  type: string;
  json: string;
}

/**
 * All that the API shows of an organization, and no credential, page by page, newest first within a type: what a law on
 * personal data asks for. Soft-deleted things too; events and replies with their contents, or `contents_damaged` where one does
 * not open. For owners; it stands in the audit log before the first line is given out. Each page is a transaction of
 * its own: what changes meanwhile may be in it or not.
 */
export async function* exportOrganization(
  ctx: Context,
  { organization }: { organization: string },
): AsyncGenerator<Exported> {
  await withTenant(ctx, { organization }, async tx => {
    authorize(tx, 'organization.export');
    await audit(tx, {
      action: 'organization.exported',
      subject: { type: 'organization', id: tx.tenant.organizationId },
    });
  });
  yield { type: 'organization', json: (await getOrganization(ctx, { organization, active: 'true' })).text };
  for (const [type, read] of Object.entries(lists(ctx, organization))) {
    for (let cursor: string | undefined; ; ) {
      const { data, next_cursor } = (await read({ limit: 100, cursor })).value();
      for (const row of data) yield { type, json: JSON.stringify(row) };
      if (next_cursor === null) break;
      cursor = next_cursor;
    }
  }
}

type Read = (page: ListInput) => Promise<Rendered<List<unknown>>>;

const lists = (ctx: Context, organization: string): Record<string, Read> => ({
  member: page => listMembers(ctx, { organization, active: 'any', ...page }),
  invitation: page => listInvitations(ctx, { organization, state: 'any', ...page }),
  api_key: page => listApiKeys(ctx, { organization, active: 'any', ...page }),
  business: page => listBusinesses(ctx, { organization, active: 'any', include: [], ...page }),
  // Those of inactive businesses too, which the list leaves out.
  integration: page =>
    readRows(ctx, { organization, permission: 'organization.export' }, tx =>
      pageOf(integrationsWithPage(tx), integrationResource, page, 'integrations.id'),
    ).then(rows => renderPage(rows, integrationResource, page.limit)),
  event: page =>
    readOpened(ctx, organization, page, {
      query: tx =>
        pageOf(WebhookEvent.query(tx).select('webhook_events.payload'), eventResource, page, 'webhook_events.id'),
      resource: eventResource,
      show: async (tx, row) => ({ ...timeInEvent(row), payload: await opened(tx, ctx, row, 'payload', payloadOf) }),
    }),
  reply: page =>
    readOpened(ctx, organization, page, {
      query: tx => pageOf(Reply.query(tx).select('replies.text'), replyResource, page, 'replies.id'),
      resource: replyResource,
      show: async (tx, row) => ({ text: await opened(tx, ctx, row, 'text', textOf) }),
    }),
  audit_event: page => listAuditEvents(ctx, { organization, ...page }),
});

interface OpenedRows {
  query(tx: TenantTx): QueryBuilder<TenantModel>;
  resource: Resource<unknown>;
  /** What is shown beside the resource's own fields. */
  show(tx: TenantTx, row: Record<string, unknown>): Promise<Extra>;
}

async function readOpened(
  ctx: Context,
  organization: string,
  { limit }: ListInput,
  { query, resource, show }: OpenedRows,
): Promise<Rendered<List<unknown>>> {
  return await withTenant(ctx, { organization, readOnly: true }, async tx => {
    authorize(tx, 'organization.export');
    const rows = (await query(tx)) as unknown as Record<string, unknown>[];
    const shown = new Map<unknown, Extra>();
    for (const row of rows.slice(0, limit)) shown.set(row, await show(tx, row));
    return renderPage(rows, resource, limit, row => shown.get(row)!);
  });
}

/** The content as JSON. One that does not open must not end the export of all others. */
async function opened(
  tx: TenantTx,
  { vault }: Pick<Context, 'vault'>,
  row: Record<string, unknown>,
  column: 'payload' | 'text',
  placeOf: (id: Uuid) => Place,
): Promise<Rendered<unknown>> {
  const sealed = row[column] as Sealed | null;
  if (!sealed) return new Rendered('null');
  try {
    const text = await openContents(tx, vault, placeOf(row['id:id'] as Uuid), sealed);
    return new Rendered(column === 'payload' ? text : JSON.stringify(text));
  } catch (error) {
    if (error instanceof DomainError && error.code === 'contents_damaged') return new Rendered('"contents_damaged"');
    throw error;
  }
}
