import { Button, Code, Group, Paper, Stack, Switch, Text, Title } from '@mantine/core';
import type { components } from '@pagekeeper/client';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { api, ask } from '../api.ts';
import { useIntegrationOptions } from '../integrations/integration.ts';
import { useOrganization } from '../organizations/organization.ts';
import { opened } from '../query-client.ts';
import { act } from '../resource/act.tsx';
import { TableSkeleton } from '../resource/TableSkeleton.tsx';
import { AppLink } from '../shell/AppLink.tsx';
import { formatDateTime } from '../shell/format.ts';
import { Badge } from '../shell/Notice.tsx';
import { PageHead } from '../shell/PageHead.tsx';
import { ProblemNotice } from '../shell/Problem.tsx';
import { eventStates, kindWords } from './columns.tsx';
import style from './event.module.css';
import { wordsIn } from './payload.ts';

type Event = components['schemas']['OpenedEvent'];

const from = '/in/organizations/$organization/events/$event';

/** One event with what Facebook sent. Opening it leaves a line in the audit log, so it is read once. */
export function EventPage() {
  const { organization, event: id } = useParams({ from });
  const { data, error, refetch } = useQuery({
    queryKey: [opened, organization, 'events', id],
    queryFn: () =>
      ask(
        api.GET('/v1/organizations/{organization}/events/{event}', { params: { path: { organization, event: id } } }),
      ),
    staleTime: Number.POSITIVE_INFINITY,
    // What became of it since is looked at when it is opened once more.
    gcTime: 0,
  });
  return (
    <>
      <AppLink to="/organizations/$organization/events" params={{ organization }} size="sm">
        Events
      </AppLink>
      <PageHead title={data ? kindWords(data.kind) : 'Event'} lead="That you opened it stands in the audit log." />
      {error ? <ProblemNotice error={error} /> : data ? <Opened event={data} again={refetch} /> : <TableSkeleton />}
    </>
  );
}

function Opened({ event, again }: { event: Event; again(): unknown }) {
  const { mayWrite } = useOrganization();
  const words = wordsIn(event.payload);
  return (
    <Stack gap="lg">
      {words.text && (
        <Paper withBorder radius="lg" p="lg">
          <Text c="dimmed" size="sm" component="bdi" display="block" mb={4}>
            {words.from ?? 'Somebody'}
          </Text>
          <Text size="lg" dir="auto" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
            {words.text}
          </Text>
        </Paper>
      )}
      <Facts event={event} again={again} />
      {mayWrite && <ReplayOne event={event} again={again} />}
      <Stack gap="xs">
        <Title order={2} size="h3">
          As Facebook sent it
        </Title>
        <Code block tabIndex={0} className={style.payload!} aria-label="The payload">
          {JSON.stringify(event.payload, null, 2)}
        </Code>
      </Stack>
    </Stack>
  );
}

function Facts({ event, again }: { event: Event; again(): unknown }) {
  const { organization } = useParams({ from });
  const pages = useIntegrationOptions(organization, event.integration_id ?? undefined);
  const { tone, label } = eventStates[event.state];
  const page = pages.find(({ value }) => value === event.integration_id);
  const facts: [string, ReactNode][] = [
    [
      'State',
      <Badge key="state" tone={tone}>
        {label}
      </Badge>,
    ],
    ['Why', event.reason ?? '–'],
    ['Page', <bdi key="page">{page?.label ?? event.page_id}</bdi>],
    ['Happened', event.occurred_at ? formatDateTime(event.occurred_at) : 'Facebook does not say'],
    ['Received', formatDateTime(event.received_at)],
    ['Worked through', event.processed_at ? formatDateTime(event.processed_at) : 'Not yet'],
    ['Attempts', event.attempts],
  ];
  return (
    <Paper withBorder radius="lg" p="lg">
      <dl className={style.facts}>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {!event.processed_at && (
        <Button mt="md" size="xs" variant="default" onClick={() => void again()}>
          Look again
        </Button>
      )}
    </Paper>
  );
}

function ReplayOne({ event, again }: { event: Event; again(): unknown }) {
  const { organization } = useParams({ from });
  const [withReplies, setWithReplies] = useState(false);
  const [busy, setBusy] = useState(false);
  async function replay(): Promise<void> {
    setBusy(true);
    const params = { path: { organization, event: event.id } };
    const path = '/v1/organizations/{organization}/events/{event}/replay';
    const body = { with_replies: withReplies };
    const done = await act(() => ask(api.POST(path, { params, body })), {
      done: ({ replayed }) =>
        replayed > 0
          ? 'It will be worked through again.'
          : 'It waits to be worked through already: nothing was changed.',
    });
    if (done) await again();
    setBusy(false);
  }
  return (
    <Group gap="md">
      <Button variant="default" loading={busy} onClick={() => void replay()}>
        Work through it again
      </Button>
      <Switch
        checked={withReplies}
        onChange={change => setWithReplies(change.currentTarget.checked)}
        label="and answer it, if it was not"
      />
    </Group>
  );
}
