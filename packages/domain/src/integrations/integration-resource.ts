import * as z from 'zod';
import { jsonWhere, Resource, timestamp } from '../resource.ts';
import { pageStatuses } from './facebook-page-integration.ts';
import { integrationTypes } from './integration.ts';
import { integrationConfigShape } from './integration-config.ts';

/** An integration as the API shows it. Tokens are no part of it. */
export const integrationShape = z
  .object({
    id: z.string(),
    business_id: z.string(),
    integration_type: z.enum(integrationTypes),
    name: z.string(),
    is_active: z.boolean(),
    config: integrationConfigShape,
    facebook_page: z
      .object({
        page_id: z.string(),
        page_name: z.string(),
        page_category: z.string().nullable(),
        page_url: z.string().nullable(),
        status: z.enum(pageStatuses),
        status_reason: z.object({ code: z.string(), detail: z.string(), fix: z.string() }).nullable(),
        status_since: timestamp,
        user_token_expires_at: timestamp.nullable(),
        next_check_at: timestamp.nullable(),
        last_checked_at: timestamp.nullable(),
      })
      .nullable(),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'Integration' });

export type IntegrationShape = z.output<typeof integrationShape>;

/** Reads from `integrations` joined with `facebook_page` and `login`, as `integrationsWithPage` joins them. */
export const integrationResource = new Resource<IntegrationShape>(
  { id: ['integration', 'integrations.id'], business_id: ['business', 'integrations.business_id'] },
  {
    integration_type: 'integrations.integration_type',
    name: 'integrations.name',
    is_active: 'integrations.is_active',
    config: 'integrations.config',
    facebook_page: jsonWhere('facebook_page.id is not null', {
      page_id: 'facebook_page.page_id',
      page_name: 'facebook_page.page_name',
      page_category: 'facebook_page.page_category',
      page_url: 'facebook_page.page_url',
      status: 'facebook_page.status',
      status_reason: 'facebook_page.status_reason',
      status_since: 'facebook_page.status_since',
      user_token_expires_at: 'login.expires_at',
      next_check_at: 'facebook_page.next_check_at',
      last_checked_at: 'facebook_page.last_checked_at',
    }),
    created_at: 'integrations.created_at',
    updated_at: 'integrations.updated_at',
  },
  'integrations.version',
);
