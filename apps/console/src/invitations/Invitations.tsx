import { Button, Stack, Text } from '@mantine/core';
import type { components } from '@pagekeeper/client';
import { useState } from 'react';
import { api, ask } from '../api.ts';
import { useOrganization, useSlug } from '../organizations/organization.ts';
import { act } from '../resource/act.tsx';
import { confirm } from '../resource/confirm.tsx';
import { FormDialog } from '../resource/FormDialog.tsx';
import type { Columns } from '../resource/ListTable.tsx';
import { ResourceForm, textIn } from '../resource/ResourceForm.tsx';
import { ResourceList } from '../resource/ResourceList.tsx';
import { RowMenu } from '../resource/RowMenu.tsx';
import { CopyField } from '../shell/CopyField.tsx';
import { formatDistance, sentence } from '../shell/format.ts';
import { Icon } from '../shell/Icon.tsx';
import { Badge, Notice, type Tone } from '../shell/Notice.tsx';
import { PageHead } from '../shell/PageHead.tsx';
import { type Role, roleOptions, roleWords } from '../shell/roles.ts';

type Invitation = components['schemas']['Invitation'];

const tones: Record<Invitation['state'], Tone> = {
  pending: 'info',
  accepted: 'good',
  expired: 'warn',
  revoked: 'idle',
};

export function Invitations() {
  const organization = useSlug();
  const { mayManage } = useOrganization();
  const [isInviting, setInviting] = useState(false);
  const invite = mayManage && (
    <Button leftSection={<Icon name="plus" />} onClick={() => setInviting(true)}>
      Invite somebody
    </Button>
  );
  return (
    <>
      <PageHead title="Invitations" lead="Who was asked to join. A link in a mail lets them in." action={invite} />
      <ResourceList<Invitation>
        label="invitations"
        queryKey={['organizations', organization, 'invitations']}
        load={query =>
          ask(
            api.GET('/v1/organizations/{organization}/invitations', {
              params: { path: { organization }, query: query as object },
            }),
          )
        }
        columns={columns}
        filters={[
          {
            name: 'state',
            label: 'State',
            kind: 'choice',
            // As the API has it: what is asked for when nothing is said.
            unset: 'Pending',
            options: [
              ...['accepted', 'expired', 'revoked'].map(value => ({ value, label: sentence(value) })),
              { value: 'any', label: 'All' },
            ],
          },
        ]}
        empty={{ title: 'No invitation is open', detail: 'Invite the people who work with you.', action: invite }}
      />
      {isInviting && <InviteDialog close={() => setInviting(false)} />}
    </>
  );
}

const columns: Columns<Invitation> = [
  {
    id: 'email',
    header: 'E-mail address',
    cell: ({ row }) => (
      <Text fw={600} component="bdi">
        {row.original.email}
      </Text>
    ),
  },
  { id: 'role', header: 'Role', cell: ({ row }) => roleWords[row.original.role] },
  {
    id: 'state',
    header: 'State',
    cell: ({ row: { original } }) => <Badge tone={tones[original.state]}>{sentence(original.state)}</Badge>,
  },
  { id: 'expires', header: 'Expires', cell: ({ row }) => formatDistance(row.original.expires_at) },
  { id: 'more', header: 'Actions', cell: ({ row }) => <InvitationMenu invitation={row.original} /> },
];

function InvitationMenu({ invitation: { id, email, role, state } }: { invitation: Invitation }) {
  const organization = useSlug();
  const { isOwner } = useOrganization();
  const at = { params: { path: { organization, invitation: id } } };
  const path = '/v1/organizations/{organization}/invitations/{invitation}';
  async function revoke(): Promise<void> {
    const detail = (
      <>
        The link that went to <bdi>{email}</bdi> will not work any more.
      </>
    );
    const yes = await confirm({ title: 'Take the invitation back?', detail, yes: 'Take it back', isGrave: true });
    if (yes) await act(() => ask(api.DELETE(path, at)), { done: 'Taken back.' });
  }
  if ((state !== 'pending' && state !== 'expired') || (role === 'OWNER' && !isOwner)) return null;
  const resend = () => act(() => ask(api.POST(`${path}/resend`, at)), { done: 'A new mail is on its way.' });
  return (
    <RowMenu
      label={email}
      actions={[
        { label: 'Send the mail again', icon: 'mail', run: resend },
        { label: 'Take it back', icon: 'bad', isGrave: true, run: revoke },
      ]}
    />
  );
}

function InviteDialog({ close }: { close(): void }) {
  const organization = useSlug();
  const { isOwner } = useOrganization();
  const [link, setLink] = useState('');
  const options = isOwner ? roleOptions : roleOptions.filter(({ value }) => value !== 'OWNER');
  return (
    <FormDialog title="Invite somebody" isOpen close={close}>
      {link ? (
        <Stack>
          <Notice tone="good" title="The mail is on its way" role="status">
            <Text size="sm">You may also hand the link over yourself. It is shown this once.</Text>
          </Notice>
          <CopyField label="Link" value={link} />
          <Button onClick={close}>Done</Button>
        </Stack>
      ) : (
        <ResourceForm
          fields={[
            {
              name: 'email',
              label: 'E-mail address',
              kind: 'email',
              required: true,
              description: 'Whoever accepts must have confirmed this address.',
            },
            { name: 'role', label: 'Role', kind: 'select', options },
          ]}
          submitLabel="Send the invitation"
          cancel={close}
          submit={async (values, once) => {
            const body = { email: textIn(values, 'email'), role: textIn(values, 'role') as Role };
            const params = { path: { organization }, header: once };
            const { accept_url } = await ask(
              api.POST('/v1/organizations/{organization}/invitations', { params, body }),
            );
            setLink(accept_url);
            await act(async () => {}, { done: 'Invited.' });
          }}
        />
      )}
    </FormDialog>
  );
}
