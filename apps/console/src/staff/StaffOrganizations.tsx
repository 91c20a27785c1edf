import { Button, Stack, Text } from '@mantine/core';
import type { components } from '@pagekeeper/client';
import { useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { api, ask } from '../api.ts';
import { refresh } from '../query-client.ts';
import { tell } from '../resource/act.tsx';
import { FormDialog } from '../resource/FormDialog.tsx';
import type { Columns } from '../resource/ListTable.tsx';
import { ResourceForm, textIn } from '../resource/ResourceForm.tsx';
import { ResourceList } from '../resource/ResourceList.tsx';
import { formatDate } from '../shell/format.ts';
import { Icon } from '../shell/Icon.tsx';
import { PageHead } from '../shell/PageHead.tsx';

type StaffOrganization = components['schemas']['StaffOrganization'];

/** For our own staff. The API says 403 to everybody else. */
export function StaffOrganizations() {
  const [isMaking, setMaking] = useState(false);
  // Here, not in the row, which may be on the next page when the list is read anew.
  const [entering, setEntering] = useState<StaffOrganization | null>(null);
  const columns = useMemo(() => columnsWith(setEntering), []);
  return (
    <>
      <PageHead
        title="All organizations"
        lead="Entering one takes a reason, lasts an hour, and its people read it in their audit log."
        action={
          <Button leftSection={<Icon name="plus" />} onClick={() => setMaking(true)}>
            New organization
          </Button>
        }
      />
      <ResourceList<StaffOrganization>
        label="organizations"
        queryKey={['staff', 'organizations']}
        load={query => ask(api.GET('/v1/staff/organizations', { params: { query: query as object } }))}
        columns={columns}
        filters={[{ name: 'search', label: 'Search', kind: 'search' }]}
        inactiveLabel="Deactivated"
        empty={{ title: 'No organization yet', detail: 'The first person who signs up makes one.' }}
      />
      {isMaking && <MakeDialog close={() => setMaking(false)} />}
      {entering && <EnterDialog organization={entering} close={() => setEntering(null)} />}
    </>
  );
}

const columnsWith = (enter: (organization: StaffOrganization) => void): Columns<StaffOrganization> => [
  {
    id: 'name',
    header: 'Name',
    cell: ({ row: { original } }) => (
      <Stack gap={0}>
        <Text fw={600} component="bdi">
          {original.name}
        </Text>
        <Text size="sm" c="dimmed">
          {original.slug}
        </Text>
      </Stack>
    ),
  },
  { id: 'owner', header: 'Owner', cell: ({ row }) => <bdi>{row.original.owner_email}</bdi> },
  { id: 'replies', header: 'Replies', cell: ({ row }) => (row.original.replies_paused ? 'Paused' : 'Run') },
  { id: 'made', header: 'Made', cell: ({ row }) => formatDate(row.original.created_at) },
  {
    id: 'more',
    header: 'Actions',
    cell: ({ row }) =>
      row.original.is_active && (
        <Button size="compact-sm" variant="default" onClick={() => enter(row.original)}>
          Enter
        </Button>
      ),
  },
];

function EnterDialog({ organization, close }: { organization: StaffOrganization; close(): void }) {
  const navigate = useNavigate();
  return (
    <FormDialog title={`Enter ${organization.name}`} isOpen close={close}>
      <ResourceForm
        fields={[
          {
            name: 'reason',
            label: 'Reason',
            kind: 'textarea',
            required: true,
            maxLength: 500,
            description: 'Their people read it.',
          },
        ]}
        submitLabel="Enter for an hour"
        cancel={close}
        submit={async (values, once) => {
          const params = { path: { organization: organization.id }, header: once };
          const body = { reason: textIn(values, 'reason') };
          await ask(api.POST('/v1/staff/organizations/{organization}/enter', { params, body }));
          await refresh();
          await navigate({ to: '/organizations/$organization', params: { organization: organization.slug } });
        }}
      />
    </FormDialog>
  );
}

function MakeDialog({ close }: { close(): void }) {
  return (
    <FormDialog title="New organization" isOpen close={close}>
      <ResourceForm
        fields={[
          { name: 'name', label: 'Name', required: true, maxLength: 200 },
          {
            name: 'owner_email',
            label: 'Its owner',
            kind: 'email',
            required: true,
            description: 'The address of an account.',
          },
        ]}
        submitLabel="Make it"
        cancel={close}
        submit={async (values, once) => {
          const body = { name: textIn(values, 'name'), owner_email: textIn(values, 'owner_email') };
          await ask(api.POST('/v1/staff/organizations', { params: { header: once }, body }));
          await refresh();
          tell('The organization is there.');
          close();
        }}
      />
    </FormDialog>
  );
}
