import type { Organization } from '@pagekeeper/client';
import { useState } from 'react';
import { api, ask } from '../api.ts';
import { EraseDialog } from '../purges/EraseDialog.tsx';
import { act } from '../resource/act.tsx';
import type { Columns } from '../resource/ListTable.tsx';
import { ResourceList } from '../resource/ResourceList.tsx';
import { RowMenu } from '../resource/RowMenu.tsx';
import { AppLink, ButtonLink } from '../shell/AppLink.tsx';
import { formatDate } from '../shell/format.ts';
import { Icon } from '../shell/Icon.tsx';
import { PageHead } from '../shell/PageHead.tsx';
import { roleWords } from '../shell/roles.ts';

export function Organizations() {
  const add = (
    <ButtonLink to="/organizations/new" leftSection={<Icon name="plus" />}>
      New organization
    </ButtonLink>
  );
  return (
    <>
      <PageHead title="Your organizations" action={add} />
      <ResourceList<Organization>
        label="organizations"
        queryKey={['organizations', 'mine']}
        load={query => ask(api.GET('/v1/organizations', { params: { query: query as object } }))}
        columns={columns}
        inactiveLabel="Deactivated"
        empty={{ title: 'You are in no organization', detail: 'Make one, or ask for an invitation.', action: add }}
      />
    </>
  );
}

const columns: Columns<Organization> = [
  {
    id: 'name',
    header: 'Name',
    cell: ({ row: { original } }) =>
      original.is_active ? (
        <AppLink to="/organizations/$organization" params={{ organization: original.slug }} fw={600}>
          <bdi>{original.name}</bdi>
        </AppLink>
      ) : (
        <bdi>{original.name}</bdi>
      ),
  },
  { id: 'role', header: 'Your role', cell: ({ row }) => roleWords[row.original.role] },
  { id: 'made', header: 'Made', cell: ({ row }) => formatDate(row.original.created_at) },
  {
    id: 'more',
    header: 'Actions',
    cell: ({ row: { original } }) => <Inactive organization={original} />,
  },
];

/** What its owner can do with one that is deactivated. */
function Inactive({ organization }: { organization: Organization }) {
  const { id, name, role, is_active } = organization;
  const [isErasing, setErasing] = useState(false);
  if (is_active || role !== 'OWNER') return null;
  const restore = () =>
    ask(api.POST('/v1/organizations/{organization}/restore', { params: { path: { organization: id } } }));
  return (
    <>
      <RowMenu
        label={name}
        actions={[
          { label: 'Restore', icon: 'refresh', run: () => act(restore, { done: 'Restored.' }) },
          { label: 'Erase for good', icon: 'bad', isGrave: true, run: () => setErasing(true) },
        ]}
      />
      {isErasing && <EraseDialog organization={organization} close={() => setErasing(false)} />}
    </>
  );
}
