import { Button, Code, Stack, Text } from '@mantine/core';
import type { components } from '@pagekeeper/client';
import { useMemo, useState } from 'react';
import { api, ask } from '../api.ts';
import { useOrganization, useSlug } from '../organizations/organization.ts';
import { act } from '../resource/act.tsx';
import { confirm } from '../resource/confirm.tsx';
import { FormDialog } from '../resource/FormDialog.tsx';
import type { Columns } from '../resource/ListTable.tsx';
import { ResourceList } from '../resource/ResourceList.tsx';
import { RowMenu } from '../resource/RowMenu.tsx';
import { CopyField } from '../shell/CopyField.tsx';
import { formatDate, formatDistance } from '../shell/format.ts';
import { Icon } from '../shell/Icon.tsx';
import { Notice } from '../shell/Notice.tsx';
import { PageHead } from '../shell/PageHead.tsx';
import { roleWords } from '../shell/roles.ts';
import { ApiKeyForm } from './ApiKeyForm.tsx';

type ApiKey = components['schemas']['ApiKey'];

export function ApiKeys() {
  const organization = useSlug();
  const { mayManage } = useOrganization();
  const [isMaking, setMaking] = useState(false);
  // Here, not in the row: the list is read anew, and the row of the old key may be on its next page then.
  const [secret, setSecret] = useState('');
  const columns = useMemo(() => columnsWith(setSecret), []);
  const make = mayManage && (
    <Button leftSection={<Icon name="plus" />} onClick={() => setMaking(true)}>
      New API key
    </Button>
  );
  return (
    <>
      <PageHead
        title="API keys"
        lead={
          <>
            For your own programs. <a href="/docs">The API&apos;s documentation</a>
          </>
        }
        action={make}
      />
      <ResourceList<ApiKey>
        label="API keys"
        queryKey={['organizations', organization, 'api-keys']}
        load={query =>
          ask(
            api.GET('/v1/organizations/{organization}/api-keys', {
              params: { path: { organization }, query: query as object },
            }),
          )
        }
        columns={columns}
        inactiveLabel="Revoked"
        empty={{
          title: 'No API key yet',
          detail: 'Make one for a program that is to use the API in your name.',
          action: make,
        }}
      />
      {isMaking && <SecretDialog title="New API key" close={() => setMaking(false)} />}
      {secret && <SecretDialog title="The new secret" given={secret} close={() => setSecret('')} />}
    </>
  );
}

/** @param show takes the secret of a key that was rotated */
const columnsWith = (show: (secret: string) => void): Columns<ApiKey> => [
  {
    id: 'name',
    header: 'Name',
    cell: ({ row: { original } }) => (
      <Stack gap={2} align="flex-start">
        <Text fw={600} component="bdi">
          {original.name}
        </Text>
        <Code>{original.prefix}…</Code>
      </Stack>
    ),
  },
  {
    id: 'may',
    header: 'May',
    cell: ({ row: { original } }) => `${roleWords[original.role]}: ${original.scopes.join(', ')}`,
  },
  {
    id: 'used',
    header: 'Last used',
    cell: ({ row: { original } }) => (original.last_used_at ? formatDistance(original.last_used_at) : 'Never'),
  },
  {
    id: 'expires',
    header: 'Ends',
    cell: ({ row: { original } }) =>
      original.revoked_at
        ? `Revoked ${formatDate(original.revoked_at)}`
        : original.expires_at
          ? formatDistance(original.expires_at)
          : 'When revoked',
  },
  { id: 'more', header: 'Actions', cell: ({ row }) => <ApiKeyMenu apiKey={row.original} show={show} /> },
];

interface ApiKeyMenuProps {
  apiKey: ApiKey;
  show(secret: string): void;
}

function ApiKeyMenu({ apiKey: { id, name, role, is_active, replaced_by }, show }: ApiKeyMenuProps) {
  const organization = useSlug();
  const { mayManage, isOwner } = useOrganization();
  const at = { params: { path: { organization, key: id } } };
  const path = '/v1/organizations/{organization}/api-keys/{key}';

  async function rotate(): Promise<void> {
    const yes = await confirm({
      title: 'Rotate this key?',
      detail: (
        <>
          A new secret takes the place of <bdi>{name}</bdi>&apos;s. The old one goes on for an hour.
        </>
      ),
      yes: 'Rotate',
    });
    if (!yes) return;
    const made = async () => show((await ask(api.POST(`${path}/rotate`, { ...at, body: {} }))).secret);
    await act(made, { done: 'Rotated.' });
  }

  async function revoke(): Promise<void> {
    const detail = (
      <>
        Programs that use <bdi>{name}</bdi> are refused from their next request on. This cannot be undone.
      </>
    );
    const yes = await confirm({ title: 'Revoke this key?', detail, yes: 'Revoke', isGrave: true });
    if (yes) await act(() => ask(api.DELETE(path, at)), { done: 'Revoked.' });
  }

  // Whoever rotates a key gets its secret: nobody one that may more than they.
  if (!mayManage || !is_active || (role === 'OWNER' && !isOwner)) return null;
  return (
    <RowMenu
      label={name}
      actions={[
        !replaced_by && { label: 'Rotate', icon: 'refresh', run: rotate },
        { label: 'Revoke', icon: 'bad', isGrave: true, run: revoke },
      ]}
    />
  );
}

/** Makes a key, unless its secret is given; and shows the secret this once. */
function SecretDialog({ title, given = '', close }: { title: string; given?: string; close(): void }) {
  const [secret, setSecret] = useState(given);
  return (
    <FormDialog title={title} isOpen close={close}>
      {secret ? (
        <Stack>
          <Notice tone="warn" title="Copy it now">
            <Text size="sm">It is shown this once. Keep it on a server, never in a page or an app.</Text>
          </Notice>
          <CopyField label="Secret" value={secret} />
          <Button onClick={close}>I have copied it</Button>
        </Stack>
      ) : (
        <ApiKeyForm made={setSecret} cancel={close} />
      )}
    </FormDialog>
  );
}
