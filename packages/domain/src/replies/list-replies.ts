import * as z from 'zod';
import type { Context } from '../context.ts';
import { integrationReference, ofIntegration } from '../integrations/integration-reference.ts';
import { type List, listInput, pageOf, type Rendered, renderPage } from '../resource.ts';
import { readRows } from '../tenancy/read-rows.ts';
import { Reply, type ReplyState, replyKinds, replyStates } from './reply.ts';
import { type ReplyShape, replyResource } from './reply-resource.ts';

export const listRepliesInput = listInput.extend({
  integration: integrationReference,
  state: z.enum(replyStates).optional(),
  kind: z.enum(replyKinds).optional(),
});

/**
 * Written out, so that the indexes for those that are rare can be used: a plan for any state would look for them through
 * all that was ever sent.
 */
const isInState = Object.fromEntries(
  replyStates.map(state => [
    state,
    state === 'claimed' || state === 'sending'
      ? `replies.state = '${state}' and replies.finished_at is null`
      : `replies.state = '${state}'`,
  ]),
) as Record<ReplyState, string>;

/** What was answered by itself, or was not and why, newest first. */
export async function listReplies(
  ctx: Context,
  input: { organization: string } & z.output<typeof listRepliesInput>,
): Promise<Rendered<List<ReplyShape>>> {
  const { organization, integration, state, kind, ...page } = input;
  const rows = await ofIntegration(ctx, organization, integration, integrationId =>
    readRows(ctx, { organization, permission: 'reply.read' }, tx => {
      const query = Reply.query(tx);
      if (integrationId !== undefined) query.where('replies.integration_id', integrationId);
      if (state !== undefined) query.whereRaw(isInState[state]);
      if (kind !== undefined) query.where('replies.kind', kind);
      return pageOf(query, replyResource, page, 'replies.id');
    }),
  );
  return renderPage(rows, replyResource, page.limit);
}
