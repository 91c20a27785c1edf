import { Stack, Text } from '@mantine/core';
import type { components } from '@pagekeeper/client';
import { useMemo, useState } from 'react';
import { useMe } from '../account/me.ts';
import { api, ask } from '../api.ts';
import { useOrganization, useSlug } from '../organizations/organization.ts';
import { act } from '../resource/act.tsx';
import { confirm } from '../resource/confirm.tsx';
import { FormDialog } from '../resource/FormDialog.tsx';
import type { Columns } from '../resource/ListTable.tsx';
import { ResourceForm, textIn } from '../resource/ResourceForm.tsx';
import { ResourceList } from '../resource/ResourceList.tsx';
import { RowMenu } from '../resource/RowMenu.tsx';
import { ButtonLink } from '../shell/AppLink.tsx';
import { formatDate } from '../shell/format.ts';
import { Icon } from '../shell/Icon.tsx';
import { PageHead } from '../shell/PageHead.tsx';
import { type Role, roleOptions, roleWords } from '../shell/roles.ts';

type Member = components['schemas']['Member'];

export function Members() {
  const organization = useSlug();
  const { mayManage } = useOrganization();
  // Here, not in the row, which may be on the next page when the list is read anew.
  const [changing, setChanging] = useState<Member | null>(null);
  const columns = useMemo(() => columnsWith(setChanging), []);
  const invite = mayManage && (
    <ButtonLink
      to="/organizations/$organization/invitations"
      params={{ organization }}
      leftSection={<Icon name="mail" />}
    >
      Invite somebody
    </ButtonLink>
  );
  return (
    <>
      <PageHead title="Members" lead="Who works in this organization, and what they may do." action={invite} />
      <ResourceList<Member>
        label="members"
        queryKey={['organizations', organization, 'members']}
        load={query =>
          ask(
            api.GET('/v1/organizations/{organization}/members', {
              params: { path: { organization }, query: query as object },
            }),
          )
        }
        columns={columns}
        filters={[
          {
            name: 'role',
            label: 'Role',
            kind: 'choice',
            options: roleOptions.map(({ value }) => ({ value, label: roleWords[value] })),
          },
        ]}
        inactiveLabel="Former"
        empty={{ title: 'Nobody is here', detail: 'Invite the people who work with you.', action: invite }}
      />
      {changing && <RoleDialog member={changing} close={() => setChanging(null)} />}
    </>
  );
}

const columnsWith = (change: (member: Member) => void): Columns<Member> => [
  {
    id: 'name',
    header: 'Name',
    cell: ({ row: { original } }) => (
      <Stack gap={0}>
        <Text fw={600} component="bdi">
          {original.name ?? 'A former account'}
        </Text>
        <Text size="sm" c="dimmed" component="bdi">
          {original.email}
        </Text>
      </Stack>
    ),
  },
  { id: 'role', header: 'Role', cell: ({ row }) => roleWords[row.original.role] },
  { id: 'since', header: 'Since', cell: ({ row }) => formatDate(row.original.created_at) },
  { id: 'more', header: 'Actions', cell: ({ row }) => <MemberMenu member={row.original} change={change} /> },
];

function MemberMenu({ member, change }: { member: Member; change(member: Member): void }) {
  const organization = useSlug();
  const { id: self } = useMe();
  const { mayManage, isOwner } = useOrganization();
  const isSelf = member.user_id === self;
  // Nobody changes who stands above them.
  const mayChange = mayManage && (isOwner || member.role !== 'OWNER');
  const at = { params: { path: { organization, member: member.id } } };
  const name = member.name ?? 'this person';

  async function remove(): Promise<void> {
    const yes = await confirm({
      title: isSelf ? 'Leave this organization?' : 'Remove this member?',
      detail: (
        <>
          <bdi>{name}</bdi> {isSelf ? '(you) cannot see' : 'cannot see'} anything of this organization any more. An
          invitation brings them back.
        </>
      ),
      yes: isSelf ? 'Leave' : 'Remove',
      isGrave: true,
    });
    if (!yes) return;
    const path = '/v1/organizations/{organization}/members/{member}';
    const done = isSelf ? 'You left.' : 'Removed.';
    const gone = await act(() => ask(api.DELETE(path, at)), { done });
    if (gone && isSelf) location.assign('/');
  }

  async function makeOwner(): Promise<void> {
    const yes = await confirm({
      title: 'Hand the organization over?',
      detail: (
        <>
          <bdi>{name}</bdi> becomes its owner in your place. You keep the role of an owner until one of you changes it.
        </>
      ),
      yes: 'Hand it over',
      isGrave: true,
    });
    if (!yes) return;
    const path = '/v1/organizations/{organization}/transfer-ownership';
    const body = { member: member.id };
    await act(() => ask(api.POST(path, { params: { path: { organization } }, body })), { done: 'Handed over.' });
  }

  if (!member.is_active || !(mayChange || isSelf)) return null;
  return (
    <RowMenu
      label={name}
      actions={[
        mayChange && !isSelf && { label: 'Change the role', icon: 'settings', run: () => change(member) },
        isOwner && !isSelf && { label: 'Hand the organization over', icon: 'key', run: makeOwner },
        { label: isSelf ? 'Leave' : 'Remove', icon: 'out', isGrave: true, run: remove },
      ]}
    />
  );
}

function RoleDialog({ member, close }: { member: Member; close(): void }) {
  const organization = useSlug();
  const { isOwner } = useOrganization();
  const options = isOwner ? roleOptions : roleOptions.filter(({ value }) => value !== 'OWNER');
  return (
    <FormDialog title="Change the role" isOpen close={close}>
      <ResourceForm
        fields={[
          { name: 'role', label: 'Role', kind: 'select', options, description: 'It holds from their next click on.' },
        ]}
        initial={{ role: member.role }}
        submitLabel="Save"
        cancel={close}
        submit={async values => {
          const params = { path: { organization, member: member.id } };
          const body = { role: textIn(values, 'role') as Role };
          await ask(api.PATCH('/v1/organizations/{organization}/members/{member}', { params, body }));
          close();
          await act(async () => {}, { done: 'The role is changed.' });
        }}
      />
    </FormDialog>
  );
}
