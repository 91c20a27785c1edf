import { authorize } from '../access/authorize.ts';
import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { notFound } from '../errors.ts';
import { parsePublicId } from '../ids.ts';
import { Rendered, taggedByContent } from '../resource.ts';
import { withTenant } from '../tenancy/doors.ts';
import { openContents } from '../vault/open-contents.ts';
import { eventResource, type OpenedEventShape, timeInEvent } from './event-resource.ts';
import { payloadOf, WebhookEvent } from './webhook-event.ts';

/** One event with what Facebook sent. Whoever opens it stands in the audit log. */
export async function getEvent(
  ctx: Context,
  { organization, event: reference }: { organization: string; event: string },
): Promise<Rendered<OpenedEventShape>> {
  return await withTenant(ctx, { organization }, async tx => {
    authorize(tx, 'event.read');
    const id = parsePublicId('event', reference);
    const columns = [...eventResource.selection, 'webhook_events.payload'];
    const event = id && (await WebhookEvent.query(tx).findOne({ 'webhook_events.id': id }).select(columns));
    if (!event) throw notFound('event');
    const payload = new Rendered(await openContents(tx, ctx.vault, payloadOf(id), event.payload, JSON.parse));
    const row = event as unknown as Record<string, unknown>;
    const shown = taggedByContent<OpenedEventShape>(eventResource.render(row, { ...timeInEvent(row), payload }));
    await audit(tx, { action: 'event.opened', subject: { type: 'event', id } });
    return shown;
  });
}
