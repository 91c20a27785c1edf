import * as z from 'zod';
import { authorize } from '../access/authorize.ts';
import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { publicId, type Uuid } from '../ids.ts';
import { FacebookPageIntegration } from '../integrations/facebook-page-integration.ts';
import { findIntegration } from '../integrations/integration.ts';
import { integrationConfigPatch, patchConfig } from '../integrations/integration-config.ts';
import { Rendered } from '../resource.ts';
import { withTenant } from '../tenancy/doors.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { filteredEvents } from '../webhooks/event-filter.ts';
import type { WebhookEvent } from '../webhooks/webhook-event.ts';
import { type Question, replyTo } from './decide.ts';
import { openEvent } from './open-event.ts';
import { replyKinds } from './reply.ts';

/** How many are shown, and how many events are opened to find them. */
const maxShown = 5;
const maxOpened = 50;

export const previewRepliesInput = z.strictObject({
  config: integrationConfigPatch
    .default({})
    .describe('As a PATCH of the integration would have it; nothing is stored.'),
});

/** What the newest comments and messages of others would be answered, whatever the hour and the switches say. */
export const previewShape = z
  .object({
    data: z
      .array(
        z.object({
          event_id: z.string(),
          from: z.string().nullable().describe('The name that a comment came with.'),
          text: z.string().nullable().describe('What was written.'),
          reply: z.object({ kind: z.enum(replyKinds), text: z.string(), rule: z.string() }),
        }),
      )
      .describe(`Newest first, ${maxShown} at most.`),
  })
  .meta({ id: 'ReplyPreview' });

export type PreviewShape = z.output<typeof previewShape>;

/** Shows the replies that a config would give to what came lately. Whoever looks stands in the audit log. */
export async function previewReplies(
  ctx: Context,
  input: { organization: string; integration: string } & z.output<typeof previewRepliesInput>,
): Promise<Rendered<PreviewShape>> {
  const { organization, integration: reference, config: patch } = input;
  return await withTenant(ctx, { organization }, async tx => {
    authorize(tx, 'event.read');
    const { id, config } = await findIntegration(tx, reference);
    const page = await FacebookPageIntegration.query(tx).findOne({ id }).select('page_id', 'page_name');
    const situation = { config: patchConfig(config, patch), pageName: page?.page_name ?? '' };
    const questions = page ? await newestQuestions(tx, ctx.vault, id, page.page_id) : [];
    const data = questions.map(({ event, incoming }) => ({
      event_id: publicId('event', event.id),
      from: incoming.kind === 'comment' ? incoming.fromName : null,
      text: incoming.text,
      reply: replyTo(incoming, situation),
    }));
    await audit(tx, {
      action: 'events.previewed',
      subject: { type: 'integration', id },
      changes: { events: data.length },
    });
    return new Rendered(JSON.stringify({ data }));
  });
}

interface Asked {
  event: WebhookEvent;
  incoming: Question;
}

/** Comments and messages that others wrote to the page. */
async function newestQuestions(
  tx: TenantTx,
  vault: Context['vault'],
  integrationId: Uuid,
  pageId: string,
): Promise<Asked[]> {
  const events = await filteredEvents(tx, { integrationId }, query =>
    query
      .where('webhook_events.page_id', pageId)
      .whereIn('webhook_events.kind', ['comment.add', 'message'])
      .orderBy('webhook_events.id', 'desc')
      .limit(maxOpened),
  );
  const questions: Asked[] = [];
  for (const event of events) {
    if (questions.length === maxShown) break;
    const { incoming } = await openEvent(tx, vault, event);
    if (incoming?.kind !== 'comment' && incoming?.kind !== 'message') continue;
    const authorId = incoming.kind === 'comment' ? incoming.fromId : incoming.senderId;
    if (authorId !== null && authorId !== pageId) questions.push({ event, incoming });
  }
  return questions;
}
