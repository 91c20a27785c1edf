import { auditEventShape, listAuditEvents, listAuditEventsInput } from '@pagekeeper/domain/audit/list-audit-events';
import { defineEndpoint } from '../http/endpoint.ts';
import { listOf, organizationParams } from '../http/params.ts';

export const auditEndpoints = [
  defineEndpoint({
    method: 'get',
    path: '/v1/organizations/{organization}/audit-events',
    summary: 'What happened, and who did it',
    tag: 'Audit log',
    permission: 'audit.read',
    params: organizationParams,
    query: listAuditEventsInput,
    responses: { 200: listOf(auditEventShape) },
    run: ({ ctx, params, query }) => listAuditEvents(ctx, { ...params, ...query }),
  }),
];
