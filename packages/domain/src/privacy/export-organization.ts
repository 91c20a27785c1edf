import type { QueryBuilder } from 'objection';
import { authorize } from '../access/authorize.ts';
import { ApiKey, apiKeyResource } from '../api-keys/api-key.ts';
import { audit } from '../audit/audit.ts';
import { auditEventResource, auditEvents, whoAndWhat } from '../audit/list-audit-events.ts';
import { Business, businessResource } from '../businesses/business.ts';
import type { Context } from '../context.ts';
import { DomainError } from '../errors.ts';
import type { Uuid } from '../ids.ts';
import { integrationResource } from '../integrations/integration-resource.ts';
import { integrationsWithPage } from '../integrations/show-integration.ts';
import { Invitation, invitationResource } from '../invitations/invitation.ts';
import { memberResource, membersWithPerson } from '../members/member-resource.ts';
import { getOrganization } from '../organizations/get-organization.ts';
import { Reply, textOf } from '../replies/reply.ts';
import { replyResource } from '../replies/reply-resource.ts';
import { type Extra, type List, type ListInput, pageOf, Rendered, type Resource, renderPage } from '../resource.ts';
import { withTenant } from '../tenancy/doors.ts';
import { readRows } from '../tenancy/read-rows.ts';
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
 * not open. For owners, also of a deactivated organization; it stands in the audit log before the first line
 * is given out. Each page is a transaction of its own: what changes meanwhile may be in it or not.
 */
export async function* exportOrganization(
  ctx: Context,
  { organization }: { organization: string },
): AsyncGenerator<Exported> {
  await withTenant(ctx, { organization, allowInactive: true }, async tx => {
    authorize(tx, 'organization.export');
    await audit(tx, {
      action: 'organization.exported',
      subject: { type: 'organization', id: tx.tenant.organizationId },
    });
  });
  yield { type: 'organization', json: (await getOrganization(ctx, { organization, active: 'any' })).text };
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

function lists(ctx: Context, organization: string): Record<string, Read> {
  const door = { organization, allowInactive: true, permission: 'organization.export' } as const;
  const plain =
    ({ query, resource, id, show }: Rows): Read =>
    async page =>
      renderPage(await readRows(ctx, door, tx => pageOf(query(tx), resource, page, id)), resource, page.limit, show);
  const withContents =
    (rows: OpenedRows): Read =>
    page =>
      readOpened(ctx, organization, page, rows);
  return {
    member: plain({ query: membersWithPerson, resource: memberResource, id: 'organization_memberships.id' }),
    invitation: plain({ query: tx => Invitation.query(tx), resource: invitationResource, id: 'invitations.id' }),
    api_key: plain({ query: tx => ApiKey.query(tx), resource: apiKeyResource, id: 'api_keys.id' }),
    business: plain({ query: tx => Business.query(tx), resource: businessResource, id: 'businesses.id' }),
    integration: plain({ query: integrationsWithPage, resource: integrationResource, id: 'integrations.id' }),
    event: withContents({
      query: tx => WebhookEvent.query(tx).select('webhook_events.payload'),
      resource: eventResource,
      id: 'webhook_events.id',
      show: async (tx, row) => ({ ...timeInEvent(row), payload: await opened(tx, ctx, row, 'payload', payloadOf) }),
    }),
    reply: withContents({
      query: tx => Reply.query(tx).select('replies.text'),
      resource: replyResource,
      id: 'replies.id',
      show: async (tx, row) => ({ text: await opened(tx, ctx, row, 'text', textOf) }),
    }),
    audit_event: plain({
      query: auditEvents,
      resource: auditEventResource,
      id: 'audit_events.id',
      show: whoAndWhat,
    }),
  };
}

interface Rows {
  query(tx: TenantTx): QueryBuilder<TenantModel>;
  resource: Resource<unknown>;
  /** The column that orders them. */
  id: string;
  /** What is shown beside the resource's own fields. */
  show?: (row: Record<string, unknown>) => Extra;
}

interface OpenedRows extends Omit<Rows, 'show'> {
  show(tx: TenantTx, row: Record<string, unknown>): Promise<Extra>;
}

async function readOpened(
  ctx: Context,
  organization: string,
  page: ListInput,
  { query, resource, id, show }: OpenedRows,
): Promise<Rendered<List<unknown>>> {
  return await withTenant(ctx, { organization, allowInactive: true, readOnly: true }, async tx => {
    authorize(tx, 'organization.export');
    const rows = (await pageOf(query(tx), resource, page, id)) as unknown as Record<string, unknown>[];
    const shown = new Map<unknown, Extra>();
    for (const row of rows.slice(0, page.limit)) shown.set(row, await show(tx, row));
    return renderPage(rows, resource, page.limit, row => shown.get(row)!);
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
