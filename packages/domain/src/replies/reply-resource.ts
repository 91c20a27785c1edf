import * as z from 'zod';
import { Resource, timestamp } from '../resource.ts';
import { replyKinds, replyStates } from './reply.ts';

const fields = {
  id: z.string(),
  integration_id: z.string(),
  event_id: z.string().describe('The event that it answers.'),
  page_id: z.string(),
  source_id: z.string().describe("Facebook's id of the comment or message that it answers."),
  kind: z.enum(replyKinds),
  state: z.enum(replyStates),
  rule: z.string().nullable(),
  reason: z.string(),
  sent_id: z.string().nullable().describe("Facebook's id of what was sent."),
  attempts: z.number().int(),
  created_at: timestamp,
  finished_at: timestamp.nullable(),
};

/** An automatic reply, or why there is none, without its words. */
export const replyShape = z.object(fields).meta({ id: 'Reply' });

export type ReplyShape = z.output<typeof replyShape>;

export const openedReplyShape = z
  .object({ ...fields, text: z.string().nullable().describe('What was or would be sent, where it is stored.') })
  .meta({ id: 'OpenedReply' });

export type OpenedReplyShape = z.output<typeof openedReplyShape>;

export const replyResource = new Resource<ReplyShape>(
  {
    id: ['reply', 'replies.id'],
    integration_id: ['integration', 'replies.integration_id'],
    event_id: ['event', 'replies.event_id'],
  },
  {
    page_id: 'replies.page_id',
    source_id: 'replies.source_id',
    kind: 'replies.kind',
    state: 'replies.state',
    rule: 'replies.rule',
    reason: 'replies.reason',
    sent_id: 'replies.sent_id',
    attempts: 'replies.attempts',
    created_at: 'replies.created_at',
    finished_at: 'replies.finished_at',
  },
);
