import { getReply } from '@pagekeeper/domain/replies/get-reply';
import { listReplies, listRepliesInput } from '@pagekeeper/domain/replies/list-replies';
import { openedReplyShape, replyShape } from '@pagekeeper/domain/replies/reply-resource';
import { defineEndpoint } from '../http/endpoint.ts';
import { listOf, organizationParams, replyParams } from '../http/params.ts';

const tag = 'Replies';
const replies = '/v1/organizations/{organization}/replies';

export const replyEndpoints = [
  defineEndpoint({
    method: 'get',
    path: replies,
    summary: 'What was answered by itself, or was not and why, newest first',
    tag,
    params: organizationParams,
    query: listRepliesInput,
    responses: { 200: listOf(replyShape) },
    run: ({ ctx, params, query }) => listReplies(ctx, { ...params, ...query }),
  }),
  defineEndpoint({
    method: 'get',
    path: `${replies}/{reply}`,
    summary: 'One reply with its words; leaves a line in the audit log',
    tag,
    params: replyParams,
    responses: { 200: openedReplyShape },
    refusals: [403, 409],
    run: ({ ctx, params }) => getReply(ctx, params),
  }),
];
