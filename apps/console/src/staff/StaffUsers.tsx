import { Stack, Text } from '@mantine/core';
import type { components } from '@pagekeeper/client';
import { api, ask } from '../api.ts';
import type { Columns } from '../resource/ListTable.tsx';
import { ResourceList } from '../resource/ResourceList.tsx';
import { formatDate } from '../shell/format.ts';
import { Badge } from '../shell/Notice.tsx';
import { PageHead } from '../shell/PageHead.tsx';

type StaffUser = components['schemas']['StaffUser'];

export function StaffUsers() {
  return (
    <>
      <PageHead title="All users" />
      <ResourceList<StaffUser>
        label="users"
        queryKey={['staff', 'users']}
        load={query => ask(api.GET('/v1/staff/users', { params: { query: query as object } }))}
        columns={columns}
        filters={[{ name: 'search', label: 'Search', kind: 'search' }]}
        empty={{ title: 'Nobody yet', detail: 'Whoever signs up is listed here.' }}
      />
    </>
  );
}

const columns: Columns<StaffUser> = [
  {
    id: 'name',
    header: 'Name',
    cell: ({ row: { original } }) => (
      <Stack gap={0}>
        <Text fw={600} component="bdi">
          {original.name}
        </Text>
        <Text size="sm" c="dimmed" component="bdi">
          {original.email}
        </Text>
      </Stack>
    ),
  },
  {
    id: 'staff',
    header: 'Staff',
    cell: ({ row }) => (row.original.is_staff ? <Badge tone="info">Staff</Badge> : '–'),
  },
  { id: 'since', header: 'Since', cell: ({ row }) => formatDate(row.original.created_at) },
];
