import { Button, Group, Paper, Skeleton, Stack, Text, Title } from '@mantine/core';
import type { Organization } from '@pagekeeper/client';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { api, ask, askTagged } from '../api.ts';
import { EraseDialog } from '../purges/EraseDialog.tsx';
import { opened, queryClient, refresh } from '../query-client.ts';
import { act, tell } from '../resource/act.tsx';
import { confirm } from '../resource/confirm.tsx';
import { ResourceForm, textIn } from '../resource/ResourceForm.tsx';
import { Badge, Notice } from '../shell/Notice.tsx';
import { PageHead } from '../shell/PageHead.tsx';
import { ProblemNotice } from '../shell/Problem.tsx';
import { rememberOrganization, useOrganization } from './organization.ts';
import style from './settings.module.css';

const path = '/v1/organizations/{organization}';

export function Settings() {
  const { mayManage, isOwner } = useOrganization();
  return (
    <>
      <PageHead title="Settings" />
      <Stack gap="xl" maw={680}>
        {!mayManage && <Notice tone="info">Changing these takes an admin or owner of this organization.</Notice>}
        <KillSwitch />
        {mayManage && <Names />}
        {isOwner && <DangerZone />}
      </Stack>
    </>
  );
}

/** Stops every automatic reply of the organization at once. */
function KillSwitch() {
  const { id, replies_paused, mayManage } = useOrganization();
  const set = async (paused: boolean) => {
    const body = { replies_paused: paused };
    const answer = await askTagged(api.PATCH(path, { params: { path: { organization: id } }, body }));
    keepVersion(answer);
    return answer.data;
  };

  async function pause(): Promise<void> {
    const yes = await confirm({
      title: 'Pause all replies?',
      detail: 'No page of this organization answers anybody until you go on. Events are kept.',
      yes: 'Pause all replies',
      isGrave: true,
    });
    if (yes)
      await act(() => set(true), { done: 'All replies are paused.', undo: () => set(false), undone: 'Replies go on.' });
  }

  return (
    <Paper withBorder radius="lg" p="lg">
      <Stack gap="md" align="flex-start">
        <Group gap="sm">
          <Title order={2} size="h3">
            Kill switch
          </Title>
          <Badge tone={replies_paused ? 'warn' : 'good'}>{replies_paused ? 'Replies are paused' : 'Replies run'}</Badge>
        </Group>
        <Text c="dimmed">One button stops every automatic reply of every page here, from the next one on.</Text>
        {mayManage &&
          (replies_paused ? (
            <Button onClick={() => void act(() => set(false), { done: 'Replies go on.' })}>Go on replying</Button>
          ) : (
            <Button color="red.9" onClick={() => void pause()}>
              Pause all replies
            </Button>
          ))}
      </Stack>
    </Paper>
  );
}

interface Tagged {
  data: Organization;
  etag: string | null;
}

const namesKey = (id: string) => [opened, id, 'settings'];

/** What is typed in the other form was read before this change of our own: it is no change of somebody else's. */
function keepVersion({ data, etag }: Tagged): void {
  const key = namesKey(data.id);
  const read = queryClient.getQueryState<Tagged>(key);
  if (read?.data?.data.name !== data.name || read.data.data.slug !== data.slug) return;
  // As old as before, so that the form stays as it is.
  queryClient.setQueryData<Tagged>(key, { data, etag }, { updatedAt: read.dataUpdatedAt });
}

function Names() {
  const { id } = useOrganization();
  const navigate = useNavigate();
  const at = { path: { organization: id } };
  const { data, error, refetch, dataUpdatedAt } = useQuery({
    queryKey: namesKey(id),
    queryFn: () => askTagged(api.GET(path, { params: at })),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  if (error && !data) return <ProblemNotice error={error} />;
  if (!data) return <Skeleton height={240} radius="lg" />;
  return (
    <Paper withBorder radius="lg" p="lg">
      <Title order={2} size="h3" mb="md">
        Name
      </Title>
      <ResourceForm
        key={dataUpdatedAt}
        fields={[
          { name: 'name', label: 'Name', required: true, maxLength: 200 },
          {
            name: 'slug',
            label: 'Short name',
            required: true,
            description: 'In addresses, of this console and of the API.',
          },
        ]}
        initial={{ name: data.data.name, slug: data.data.slug }}
        submitLabel="Save"
        reload={() => void refetch()}
        submit={async values => {
          const body = { name: textIn(values, 'name'), slug: textIn(values, 'slug') };
          const params = { ...at, header: { 'If-Match': data.etag ?? '' } };
          const { slug } = await ask(api.PATCH(path, { params, body }));
          rememberOrganization(slug);
          tell('Saved.');
          await navigate({
            to: '/organizations/$organization/settings',
            params: { organization: slug },
            replace: true,
          });
          await refresh();
          await refetch();
        }}
      />
    </Paper>
  );
}

/** What others will notice, the gravest last. */
function DangerZone() {
  const { id, name, slug } = useOrganization();
  const [isErasing, setErasing] = useState(false);
  async function deactivate(): Promise<void> {
    const yes = await confirm({
      title: 'Deactivate the organization?',
      detail: (
        <>
          <bdi>{name}</bdi> disappears for all its members, and its pages are not kept any more. You can restore it
          under “All my organizations”.
        </>
      ),
      yes: 'Deactivate',
      isGrave: true,
    });
    if (!yes) return;
    const done = await act(() => ask(api.DELETE(path, { params: { path: { organization: id } } })), {
      done: 'Deactivated.',
    });
    if (done) location.assign('/organizations?active=false');
  }
  return (
    <Paper withBorder radius="lg" component="section" aria-labelledby="ends">
      <Title order={2} size="h3" px="lg" pt="lg" id="ends">
        Danger zone
      </Title>
      <div className={style.ends}>
        <Grave
          title="Deactivate"
          detail="Everything stays as it is, unseen and unkept, until you restore it."
          action={
            <Button variant="default" c="var(--bad)" onClick={() => void deactivate()}>
              Deactivate
            </Button>
          }
        />
        <Grave
          title="Erase for good"
          detail="Everything of it is erased, and its keys are destroyed. There is no way back."
          action={
            <Button color="red.9" onClick={() => setErasing(true)}>
              Erase for good
            </Button>
          }
        />
      </div>
      {isErasing && <EraseDialog organization={{ id, name, slug }} close={() => setErasing(false)} />}
    </Paper>
  );
}

function Grave({ title, detail, action }: { title: string; detail: string; action: ReactNode }) {
  return (
    <div>
      <div>
        <Text fw={600}>{title}</Text>
        <Text size="sm" c="dimmed">
          {detail}
        </Text>
      </div>
      {action}
    </div>
  );
}
