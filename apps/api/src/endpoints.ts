import { apiKeyEndpoints } from './api-keys/api-key-endpoints.ts';
import { auditEndpoints } from './audit/audit-endpoints.ts';
import { businessEndpoints } from './businesses/business-endpoints.ts';
import { connectionEndpoints } from './connections/connection-endpoints.ts';
import type { Endpoint } from './http/endpoint.ts';
import { integrationEndpoints } from './integrations/integration-endpoints.ts';
import { invitationEndpoints } from './invitations/invitation-endpoints.ts';
import { meEndpoints } from './me/me-endpoints.ts';
import { memberEndpoints } from './members/member-endpoints.ts';
import { organizationEndpoints } from './organizations/organization-endpoints.ts';
import { overviewEndpoints } from './overview/overview-endpoints.ts';
import { purgeEndpoints } from './purges/purge-endpoints.ts';
import { replyEndpoints } from './replies/reply-endpoints.ts';
import { staffEndpoints } from './staff/staff-endpoints.ts';
import { eventEndpoints } from './webhooks/event-endpoints.ts';

/** Every endpoint of the API, in the order the documentation shows. */
export const endpoints: readonly Endpoint[] = [
  ...meEndpoints,
  ...organizationEndpoints,
  ...overviewEndpoints,
  ...purgeEndpoints,
  ...memberEndpoints,
  ...invitationEndpoints,
  ...apiKeyEndpoints,
  ...businessEndpoints,
  ...integrationEndpoints,
  ...eventEndpoints,
  ...replyEndpoints,
  ...connectionEndpoints,
  ...auditEndpoints,
  ...staffEndpoints,
];
