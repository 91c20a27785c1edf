import { z } from 'zod';
import { Resource } from '../resource.ts';
import { pageStatuses } from './facebook-page-integration.ts';
import { integrationTypes } from './integration.ts';
import { integrationConfigInput } from './integration-config.ts';

const timestamp = z.iso.datetime({ offset: true });

/** An integration as api.md shows it. Tokens are no part of it. */
export const integrationShape = z
  .object({
    id: z.string(),
    business_id: z.string(),
    integration_type: z.enum(integrationTypes),
    name: z.string(),
    is_active: z.boolean(),
    config: integrationConfigInput,
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

const page = 'facebook_page';

/** Reads from `integrations` joined with `facebook_page` and `login`, as `integrationsWithPage` joins them. */
export const integrationResource = new Resource<IntegrationShape>(
  { id: ['integration', 'integrations.id'], business_id: ['business', 'integrations.business_id'] },
  {
    integration_type: 'integrations.integration_type',
    name: 'integrations.name',
    is_active: 'integrations.is_active',
    config: 'integrations.config',
    facebook_page: `case when ${page}.id is not null then json_build_object(
      'page_id', ${page}.page_id, 'page_name', ${page}.page_name, 'page_category', ${page}.page_category,
      'page_url', ${page}.page_url, 'status', ${page}.status, 'status_reason', ${page}.status_reason,
      'status_since', ${page}.status_since, 'user_token_expires_at', login.expires_at,
      'next_check_at', ${page}.next_check_at, 'last_checked_at', ${page}.last_checked_at) end`,
    created_at: 'integrations.created_at',
    updated_at: 'integrations.updated_at',
  },
);
