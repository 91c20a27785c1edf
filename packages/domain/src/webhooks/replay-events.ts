import * as z from 'zod';
import { authorize } from '../access/authorize.ts';
import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { nilId } from '../ids.ts';
import { findIntegrationId } from '../integrations/integration-reference.ts';
import { cursorInput, parseCursor, type Rendered } from '../resource.ts';
import { withTenant } from '../tenancy/doors.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { eventFilter, filteredEvents } from './event-filter.ts';
import {
  limitReplays,
  maxReplayed,
  nudgeDrains,
  type ReplayShape,
  replayBatch,
  replayed,
  replayTried,
  withRepliesInput,
} from './replay-batch.ts';
import type { WebhookEvent } from './webhook-event.ts';

export const replayEventsInput = z.strictObject({
  filter: z.strictObject(eventFilter).describe('Empty: all there are.'),
  dry_run: z.boolean().default(false).describe('Only count.'),
  with_replies: withRepliesInput,
  cursor: cursorInput,
});

/**
 * Has events worked through again, up to 10,000 a call, oldest first. Safe to repeat: those that wait already are
 * left as they are.
 * @throws OverLimit
 */
export async function replayEvents(
  ctx: Context,
  input: { organization: string } & z.output<typeof replayEventsInput>,
): Promise<Rendered<ReplayShape>> {
  const { organization, filter, dry_run, with_replies, cursor } = input;
  const { shown, integrationIds, organizationId } = await withTenant(ctx, { organization }, async tx => {
    authorize(tx, 'event.replay');
    await limitReplays(tx);
    const found = await findEvents(tx, filter, cursor);
    const done = await replayBatch(tx, found, { dryRun: dry_run, withReplies: with_replies });
    const { organizationId } = tx.tenant;
    const changes = { filter, with_replies, ...done.counts };
    const action = dry_run ? replayTried : replayed;
    await audit(tx, { action, subject: { type: 'organization', id: organizationId }, changes });
    return { ...done, organizationId };
  });
  await nudgeDrains(ctx, organizationId, integrationIds);
  return shown;
}

/** The oldest that match after the cursor: one more than a call takes. */
async function findEvents(
  tx: TenantTx,
  { integration, ...filter }: z.output<typeof replayEventsInput>['filter'],
  cursor: string | undefined,
): Promise<WebhookEvent[]> {
  const integrationId = integration === undefined ? undefined : await findIntegrationId(tx, integration);
  const after = cursor === undefined ? nilId : parseCursor('event', cursor, '/cursor');
  return await filteredEvents(tx, { ...filter, integrationId }, query =>
    query
      .where('id', '>', after)
      .select('id', 'state')
      .orderBy('id')
      .limit(maxReplayed + 1),
  );
}
