import { getMe } from '@pagekeeper/domain/users/get-me';
import { leaveForGood, leaveForGoodInput } from '@pagekeeper/domain/users/leave-for-good';
import { meShape } from '@pagekeeper/domain/users/me';
import { updateMe, updateMeInput } from '@pagekeeper/domain/users/update-me';
import { defineEndpoint } from '../http/endpoint.ts';
import { noParams } from '../http/params.ts';

const tag = 'Me';
const path = '/v1/me';

export const meEndpoints = [
  defineEndpoint({
    method: 'get',
    path,
    summary: 'Who am I, and where do I belong',
    tag,
    permission: 'self.read',
    params: noParams,
    responses: { 200: meShape },
    run: ({ ctx }) => getMe(ctx),
  }),
  defineEndpoint({
    method: 'patch',
    path,
    caller: 'person',
    summary: 'Change your name, or which e-mails you get',
    tag,
    permission: 'self.read',
    params: noParams,
    body: updateMeInput,
    responses: { 200: meShape },
    refusals: ['stale_version'],
    run: ({ ctx, body }) => updateMe(ctx, body),
  }),
  defineEndpoint({
    method: 'delete',
    path,
    caller: 'person',
    takesPassword: true,
    summary: 'Leave every organization and be erased, for good',
    tag,
    permission: 'self.read',
    params: noParams,
    body: leaveForGoodInput,
    responses: { 204: null },
    refusals: ['last_owner'],
    run: async ({ ctx, credentials, body }) => void (await leaveForGood(ctx, credentials, body)),
  }),
];
