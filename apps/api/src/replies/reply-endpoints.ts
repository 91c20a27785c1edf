import { getReply } from '@pagekeeper/domain/replies/get-reply';
import { listReplies, listRepliesInput } from '@pagekeeper/domain/replies/list-replies';
import { previewReplies, previewRepliesInput, previewShape } from '@pagekeeper/domain/replies/preview-replies';
import { openedReplyShape, replyShape } from '@pagekeeper/domain/replies/reply-resource';
import { defineEndpoint } from '../http/endpoint.ts';
import { integrationParams, listOf, organizationParams, replyParams } from '../http/params.ts';

const tag = 'Replies';
const replies = '/v1/organizations/{organization}/replies';

export const replyEndpoints = [
  defineEndpoint({
    method: 'get',
    path: replies,
    summary: 'What was answered by itself, or was not and why, newest first',
    tag,
    permission: 'reply.read',
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
    permission: 'reply.read',
    params: replyParams,
    responses: { 200: openedReplyShape },
    refusals: ['contents_damaged'],
    run: ({ ctx, params }) => getReply(ctx, params),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/organizations/{organization}/integrations/{integration}/reply-preview',
    summary: 'What the newest comments and messages would be answered with this config; leaves a line in the audit log',
    tag,
    permission: 'event.read',
    params: integrationParams,
    body: previewRepliesInput,
    responses: { 200: previewShape },
    run: ({ ctx, params, body }) => previewReplies(ctx, { ...params, ...body }),
  }),
];
