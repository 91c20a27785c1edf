import * as z from 'zod';
import { authorize } from '../access/authorize.ts';
import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { notFound } from '../errors.ts';
import { parsePublicId } from '../ids.ts';
import type { Rendered } from '../resource.ts';
import { withTenant } from '../tenancy/doors.ts';
import {
  limitReplays,
  nudgeDrains,
  type ReplayShape,
  replayBatch,
  replayed,
  withRepliesInput,
} from './replay-batch.ts';
import { WebhookEvent } from './webhook-event.ts';

export const replayEventInput = z.strictObject({ with_replies: withRepliesInput });

/** Has one event worked through again. @throws OverLimit */
export async function replayEvent(
  ctx: Context,
  input: { organization: string; event: string } & z.output<typeof replayEventInput>,
): Promise<Rendered<ReplayShape>> {
  const { organization, event: reference, with_replies } = input;
  const { shown, integrationIds, organizationId } = await withTenant(ctx, { organization }, async tx => {
    authorize(tx, 'event.replay');
    const id = parsePublicId('event', reference);
    const event = id && (await WebhookEvent.query(tx).findOne({ id }).select('id', 'state'));
    if (!event) throw notFound('event');
    await limitReplays(tx);
    const done = await replayBatch(tx, [event], { dryRun: false, withReplies: with_replies });
    const changes = { with_replies, ...done.counts };
    await audit(tx, { action: replayed, subject: { type: 'event', id }, changes });
    return { ...done, organizationId: tx.tenant.organizationId };
  });
  await nudgeDrains(ctx, organizationId, integrationIds);
  return shown;
}
