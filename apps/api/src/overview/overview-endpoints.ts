import { getOverview, overviewShape } from '@pagekeeper/domain/overview/get-overview';
import { defineEndpoint } from '../http/endpoint.ts';
import { organizationParams } from '../http/params.ts';

export const overviewEndpoints = [
  defineEndpoint({
    method: 'get',
    path: '/v1/organizations/{organization}/overview',
    summary: 'At a glance: how the pages are and will be, what came and was answered lately, what needs a person',
    tag: 'Organizations',
    permission: 'organization.read',
    params: organizationParams,
    responses: { 200: overviewShape },
    run: ({ ctx, params }) => getOverview(ctx, params),
  }),
];
