import { Button, Stack, Text } from '@mantine/core';
import type { Business } from '@pagekeeper/client';
import { useMemo, useState } from 'react';
import { api, ask } from '../api.ts';
import { useOrganization, useSlug } from '../organizations/organization.ts';
import type { Columns } from '../resource/ListTable.tsx';
import { ResourceList } from '../resource/ResourceList.tsx';
import { AppLink } from '../shell/AppLink.tsx';
import { formatDate } from '../shell/format.ts';
import { Icon } from '../shell/Icon.tsx';
import { PageHead } from '../shell/PageHead.tsx';
import { BusinessDialog } from './BusinessDialog.tsx';
import { BusinessMenu } from './BusinessMenu.tsx';

export function Businesses() {
  const organization = useSlug();
  const { mayWrite } = useOrganization();
  const [isAdding, setAdding] = useState(false);
  // Here, not in its row: the list is read anew, and the row may be on its next page then.
  const [changing, setChanging] = useState<Business | null>(null);
  const columns = useMemo(() => columnsWith(setChanging), []);
  const add = mayWrite && (
    <Button leftSection={<Icon name="plus" />} onClick={() => setAdding(true)}>
      New business
    </Button>
  );
  return (
    <>
      <PageHead
        title="Businesses"
        lead="A business holds the pages that belong together: a brand, a shop, a client."
        action={add}
      />
      <ResourceList<Business>
        label="businesses"
        queryKey={['organizations', organization, 'businesses']}
        load={query =>
          ask(
            api.GET('/v1/organizations/{organization}/businesses', {
              params: { path: { organization }, query: query as object },
            }),
          )
        }
        columns={columns}
        inactiveLabel="Deactivated"
        empty={{
          title: 'No business yet',
          detail: 'Make one, then connect its Facebook Pages.',
          action: add,
        }}
      />
      {isAdding && <BusinessDialog close={() => setAdding(false)} />}
      {changing && <BusinessDialog business={changing} close={() => setChanging(null)} />}
    </>
  );
}

const columnsWith = (change: (business: Business) => void): Columns<Business> => [
  {
    id: 'name',
    header: 'Name',
    cell: ({ row: { original: business } }) => (
      <Stack gap={2}>
        <BusinessName business={business} />
        {business.description && (
          <Text size="sm" c="dimmed" lineClamp={2} component="bdi">
            {business.description}
          </Text>
        )}
      </Stack>
    ),
  },
  { id: 'slug', header: 'Short name', cell: ({ row }) => <Text size="sm">{row.original.slug}</Text> },
  { id: 'created', header: 'Made', cell: ({ row }) => formatDate(row.original.created_at) },
  { id: 'more', header: 'Actions', cell: ({ row }) => <BusinessMenu business={row.original} change={change} /> },
];

function BusinessName({ business: { id, name, is_active } }: { business: Business }) {
  const organization = useSlug();
  if (!is_active) return <bdi>{name}</bdi>;
  return (
    <AppLink to="/organizations/$organization/businesses/$business" params={{ organization, business: id }} fw={600}>
      <bdi>{name}</bdi>
    </AppLink>
  );
}
