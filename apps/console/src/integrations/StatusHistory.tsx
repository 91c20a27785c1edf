import { Button, Group, Paper, Stack, Text, Title } from '@mantine/core';
import type { components } from '@pagekeeper/client';
import { useInfiniteQuery } from '@tanstack/react-query';
import { api, ask } from '../api.ts';
import { useSlug } from '../organizations/organization.ts';
import { EmptyState } from '../resource/EmptyState.tsx';
import { TableSkeleton } from '../resource/TableSkeleton.tsx';
import { formatDateTime, formatDuration } from '../shell/format.ts';
import { Badge } from '../shell/Notice.tsx';
import { ProblemNotice } from '../shell/Problem.tsx';
import style from './history.module.css';
import { pageStatuses } from './page-status.tsx';

type StatusChange = components['schemas']['StatusChange'];

const path = '/v1/organizations/{organization}/integrations/{integration}/status-changes';

/** How the page's health changed, and why: newest first. */
export function StatusHistory({ integration }: { integration: string }) {
  const organization = useSlug();
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ['organizations', organization, 'integrations', integration, 'history'],
    queryFn: ({ pageParam }) => {
      const query = { limit: 10, ...(pageParam && { cursor: pageParam }) };
      return ask(api.GET(path, { params: { path: { organization, integration }, query } }));
    },
    initialPageParam: '',
    getNextPageParam: page => page.next_cursor,
    refetchInterval: 10_000,
  });
  const changes = data?.pages.flatMap(page => page.data) ?? [];
  return (
    <Stack gap="sm" component="section" aria-labelledby="history">
      <Title order={2} size="h3" id="history">
        History
      </Title>
      {error && !data && <ProblemNotice error={error} retry={() => void refetch()} />}
      {!error && !data && <TableSkeleton />}
      {data && changes.length === 0 && (
        <EmptyState
          title="Nothing has changed yet"
          detail="The first check is on its way. Each change from then on is kept here, with its reason."
        />
      )}
      {changes.length > 0 && (
        <Paper withBorder radius="lg" p="lg">
          <ol className={style.history}>
            {changes.map((change, index) => (
              <Step key={change.id} change={change} until={changes[index - 1]?.since} />
            ))}
          </ol>
          {hasNextPage && (
            <Button mt="md" variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
              Show older ones
            </Button>
          )}
        </Paper>
      )}
    </Stack>
  );
}

function Step({ change: { to, since, reason }, until }: { change: StatusChange; until: string | undefined }) {
  const { label, tone } = pageStatuses[to];
  return (
    <li data-tone={tone}>
      <Group gap="sm">
        <Badge tone={tone}>{label}</Badge>
        <Text size="sm" c="dimmed">
          since <time dateTime={since}>{formatDateTime(since)}</time>
          {until && `, for ${formatDuration(since, until)}`}
        </Text>
      </Group>
      {reason?.detail && (
        <Text size="sm" mt={4}>
          {reason.detail}
        </Text>
      )}
    </li>
  );
}
