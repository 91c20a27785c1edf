import { Group, Stack, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, ask } from '../api.ts';
import { eventColumns } from '../events/columns.tsx';
import { useSlug } from '../organizations/organization.ts';
import { useReplyColumns } from '../replies/columns.tsx';
import { EmptyState } from '../resource/EmptyState.tsx';
import { ListTable } from '../resource/ListTable.tsx';
import { TableSkeleton } from '../resource/TableSkeleton.tsx';
import { AppLink } from '../shell/AppLink.tsx';
import { ProblemNotice } from '../shell/Problem.tsx';

/** What came to a page lately, and what was answered. */
export default function Activity({ integration }: { integration: string }) {
  const organization = useSlug();
  const params = { path: { organization }, query: { integration, limit: 8 } };
  const live = { refetchInterval: 5_000 };
  const { columns, dialog } = useReplyColumns();
  const events = useQuery({
    queryKey: ['organizations', organization, 'events', 'of', integration],
    queryFn: () => ask(api.GET('/v1/organizations/{organization}/events', { params })),
    ...live,
  });
  const replies = useQuery({
    queryKey: ['organizations', organization, 'replies', 'of', integration],
    queryFn: () => ask(api.GET('/v1/organizations/{organization}/replies', { params })),
    ...live,
  });
  return (
    <Stack gap="xl">
      <Stack gap="sm">
        <Group justify="space-between">
          <Title order={2} size="h3">
            Events
          </Title>
          <AppLink
            to="/organizations/$organization/events"
            params={{ organization }}
            search={{ integration }}
            size="sm"
          >
            All events of this page
          </AppLink>
        </Group>
        {events.error && <ProblemNotice error={events.error} />}
        {!events.data ? (
          !events.error && <TableSkeleton />
        ) : events.data.data.length > 0 ? (
          <ListTable label="events" rows={events.data.data} columns={eventColumns} />
        ) : (
          <EmptyState title="Nothing came yet" detail="Write a comment on the page, and it shows up here." />
        )}
      </Stack>
      <Stack gap="sm">
        <Group justify="space-between">
          <Title order={2} size="h3">
            Replies
          </Title>
          <AppLink
            to="/organizations/$organization/replies"
            params={{ organization }}
            search={{ integration }}
            size="sm"
          >
            All replies of this page
          </AppLink>
        </Group>
        {replies.error && <ProblemNotice error={replies.error} />}
        {!replies.data ? (
          !replies.error && <TableSkeleton />
        ) : replies.data.data.length > 0 ? (
          <ListTable label="replies" rows={replies.data.data} columns={columns} />
        ) : (
          <EmptyState
            title="Nothing was answered yet"
            detail="Each answer is listed here, and each silence with its reason."
          />
        )}
        {dialog}
      </Stack>
    </Stack>
  );
}
