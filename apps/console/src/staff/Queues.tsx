import { Button, Paper, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import type { components } from '@pagekeeper/client';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ask } from '../api.ts';
import { act } from '../resource/act.tsx';
import { EmptyState } from '../resource/EmptyState.tsx';
import type { Columns } from '../resource/ListTable.tsx';
import { ResourceList } from '../resource/ResourceList.tsx';
import { TableSkeleton } from '../resource/TableSkeleton.tsx';
import { Figure } from '../shell/Figure.tsx';
import { formatDateTime, formatDuration } from '../shell/format.ts';
import { Notice } from '../shell/Notice.tsx';
import { PageHead } from '../shell/PageHead.tsx';
import { ProblemNotice } from '../shell/Problem.tsx';
import style from './queues.module.css';
import { systemQuery } from './system.ts';

type FailedJob = components['schemas']['FailedJob'];
type Queue = NonNullable<components['schemas']['System']['queue']>;

/** What the workers have to do, and what they gave up. */
export function Queues() {
  const { data, error, refetch } = useQuery(systemQuery);
  return (
    <>
      <PageHead title="Queues" lead={data?.queue ? leadOf(data.queue) : 'What the workers have to do.'} />
      <Stack gap="xl">
        {error && !data && <ProblemNotice error={error} retry={() => void refetch()} />}
        {!error && !data && <TableSkeleton />}
        {data && !data.queue && (
          <Notice tone="bad" title="The queue does not answer" role="alert">
            Events are stored meanwhile. They are worked through when it is back.
          </Notice>
        )}
        {data?.queue && <Figures queue={data.queue} />}
        {data && <Failed />}
        {data?.queue && <Kinds queue={data.queue} />}
      </Stack>
    </>
  );
}

function leadOf({ backend, waiting_since }: Queue): string {
  const where = backend === 'redis' ? 'In Redis.' : 'In PostgreSQL.';
  return waiting_since ? `${where} The oldest job waits for ${formatDuration(waiting_since)}.` : `${where} None waits.`;
}

function Figures({ queue: { waiting, active, delayed, failed } }: { queue: Queue }) {
  return (
    <SimpleGrid cols={{ base: 2, md: 4 }} spacing="md">
      <Figure label="Waiting" value={waiting} />
      <Figure label="Running" value={active} />
      <Figure label="For later" value={delayed} />
      <Figure label="Failed" value={failed} />
    </SimpleGrid>
  );
}

function Failed() {
  return (
    <Stack gap="sm" component="section" aria-labelledby="failed">
      <div>
        <Title order={2} size="h3" id="failed">
          Failed for good
        </Title>
        <Text c="dimmed" size="sm">
          No try is left. A job is a nudge: to try it again does no harm, and sweeps find what most of them were for.
        </Text>
      </div>
      <ResourceList<FailedJob>
        label="failed jobs"
        queryKey={['staff', 'jobs']}
        load={query => ask(api.GET('/v1/staff/jobs', { params: { query: query as object } }))}
        columns={failedColumns}
        refetchMs={5_000}
        empty={{
          title: 'Nothing failed',
          detail: 'Jobs that fail are tried again by themselves; these are kept a week.',
        }}
      />
    </Stack>
  );
}

const failedColumns: Columns<FailedJob> = [
  {
    id: 'name',
    header: 'Job',
    cell: ({ row: { original } }) => (
      <Stack gap={2}>
        <Text fw={600}>{original.name}</Text>
        {Object.values(original.ids).map(id => (
          <Text key={id} size="xs" c="dimmed" ff="monospace">
            {id}
          </Text>
        ))}
      </Stack>
    ),
  },
  {
    id: 'reason',
    header: 'Why',
    cell: ({ row }) => (
      <Text size="sm" component="bdi">
        {row.original.reason}
      </Text>
    ),
  },
  { id: 'attempts', header: 'Tries', cell: ({ row }) => row.original.attempts },
  {
    id: 'when',
    header: 'When',
    cell: ({ row }) => (
      <Text size="sm" style={{ whiteSpace: 'nowrap' }}>
        {formatDateTime(row.original.failed_at)}
      </Text>
    ),
  },
  { id: 'more', header: 'Actions', cell: ({ row }) => <Retry job={row.original} /> },
];

function Retry({ job: { id, name } }: { job: FailedJob }) {
  const [busy, setBusy] = useState(false);
  async function retry(): Promise<void> {
    setBusy(true);
    const send = () => ask(api.POST('/v1/staff/jobs/{job}/retry', { params: { path: { job: id } } }));
    await act(send, { done: `${name} is tried again.` });
    setBusy(false);
  }
  return (
    <Button
      size="compact-sm"
      variant="default"
      loading={busy}
      onClick={() => void retry()}
      aria-label={`Retry ${name}`}
    >
      Retry
    </Button>
  );
}

function Kinds({ queue: { kinds, is_complete } }: { queue: Queue }) {
  return (
    <Stack gap="sm" component="section" aria-labelledby="kinds">
      <div>
        <Title order={2} size="h3" id="kinds">
          By kind
        </Title>
        <Text c="dimmed" size="sm">
          Schedules have one job each for later.
          {!is_complete && ' There are very many jobs: of each state, only the oldest 200 are counted here.'}
        </Text>
      </div>
      {kinds.length > 0 ? (
        <Paper withBorder radius="lg">
          <ul className={style.kinds} aria-label="Kinds of jobs">
            {kinds.map(kind => (
              <li key={kind.name}>
                <span>{kind.name}</span>
                <Text size="sm" c={kind.failed > 0 ? 'var(--bad)' : 'dimmed'} component="span">
                  {inWords(kind)}
                </Text>
              </li>
            ))}
          </ul>
        </Paper>
      ) : (
        <EmptyState title="The queue is empty" detail="Not even a schedule is there: look whether a worker runs." />
      )}
    </Stack>
  );
}

/** "2 waiting, 1 for later". */
function inWords({ waiting, active, delayed, failed }: Queue['kinds'][number]): string {
  const parts = [
    [waiting, 'waiting'],
    [active, 'running'],
    [delayed, 'for later'],
    [failed, 'failed'],
  ] as const;
  return parts.flatMap(([count, words]) => (count > 0 ? [`${count.toLocaleString('en')} ${words}`] : [])).join(', ');
}
