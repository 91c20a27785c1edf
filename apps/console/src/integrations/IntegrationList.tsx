import { Stack, Text } from '@mantine/core';
import type { Integration } from '@pagekeeper/client';
import type { ReactNode } from 'react';
import { api, ask } from '../api.ts';
import { useSlug } from '../organizations/organization.ts';
import type { Filter } from '../resource/Filters.tsx';
import type { Columns } from '../resource/ListTable.tsx';
import { ResourceList } from '../resource/ResourceList.tsx';
import { AppLink } from '../shell/AppLink.tsx';
import { formatDistance } from '../shell/format.ts';
import { IntegrationMenu } from './IntegrationMenu.tsx';
import { autoReplyWords, PageStatusBadge, statusOptions } from './page-status.tsx';

interface IntegrationListProps {
  /** Only this business's. */
  business?: string;
  filters?: readonly Filter[];
  connect: ReactNode;
}

/** Pages as the organization, or one business, has them. */
export function IntegrationList({ business, filters = [], connect }: IntegrationListProps) {
  const organization = useSlug();
  return (
    <ResourceList<Integration>
      label="pages"
      queryKey={['organizations', organization, 'integrations', business ?? 'all']}
      load={search => {
        const query = { ...search, ...(business && { business }) } as object;
        return ask(
          api.GET('/v1/organizations/{organization}/integrations', { params: { path: { organization }, query } }),
        );
      }}
      columns={columns}
      filters={[...filters, { name: 'status', label: 'Status', kind: 'choice', options: statusOptions }]}
      inactiveLabel="Deactivated"
      empty={{
        title: 'No page is connected yet',
        detail: 'Connect one by logging in to Facebook: it takes a minute, and you choose which pages.',
        action: connect,
      }}
      refetchMs={15_000}
    />
  );
}

const columns: Columns<Integration> = [
  {
    id: 'name',
    header: 'Page',
    cell: ({ row: { original: integration } }) => (
      <Stack gap={2}>
        <IntegrationName integration={integration} />
        {integration.facebook_page && integration.facebook_page.page_name !== integration.name && (
          <Text size="sm" c="dimmed" component="bdi">
            {integration.facebook_page.page_name}
          </Text>
        )}
      </Stack>
    ),
  },
  { id: 'status', header: 'Status', cell: ({ row }) => <PageStatusBadge integration={row.original} /> },
  { id: 'replies', header: 'Replies', cell: ({ row }) => autoReplyWords(row.original.config.auto_reply) },
  {
    id: 'expires',
    header: 'Login expires',
    cell: ({ row: { original } }) => {
      const expires = original.facebook_page?.user_token_expires_at;
      return expires ? formatDistance(expires) : <Text c="dimmed">–</Text>;
    },
  },
  { id: 'more', header: 'Actions', cell: ({ row }) => <IntegrationMenu integration={row.original} /> },
];

function IntegrationName({ integration: { id, name } }: { integration: Integration }) {
  const organization = useSlug();
  return (
    <AppLink
      to="/organizations/$organization/integrations/$integration"
      params={{ organization, integration: id }}
      fw={600}
    >
      <bdi>{name}</bdi>
    </AppLink>
  );
}
