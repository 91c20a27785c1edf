import { getPurge } from '@pagekeeper/domain/purges/get-purge';
import { purgeShape } from '@pagekeeper/domain/purges/purge';
import { purgeOrganization, purgeOrganizationInput } from '@pagekeeper/domain/purges/purge-organization';
import { defineEndpoint } from '../http/endpoint.ts';
import { organizationParams, purgeParams } from '../http/params.ts';

const tag = 'Organizations';

export const purgeEndpoints = [
  defineEndpoint({
    method: 'post',
    path: '/v1/organizations/{organization}/purge',
    caller: 'person',
    summary: 'Erase everything of it for good, and destroy its keys',
    tag,
    permission: 'organization.purge',
    params: organizationParams,
    body: purgeOrganizationInput,
    responses: { 202: purgeShape },
    run: ({ ctx, params, body }) => purgeOrganization(ctx, { ...params, ...body }),
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/purges/{purge}',
    caller: 'person',
    summary: 'How far a purge has come that you asked for',
    tag,
    permission: 'self.read',
    params: purgeParams,
    responses: { 200: purgeShape },
    run: ({ ctx, params }) => getPurge(ctx, params),
  }),
];
