import { Paper, SimpleGrid, Skeleton, Stack, Text } from '@mantine/core';
import type { components } from '@pagekeeper/client';
import { useSuspenseQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { useLiveEvents } from '../events/live.ts';
import { needsNobody, pageStatuses } from '../integrations/page-status.tsx';
import { useOrganization, useSlug } from '../organizations/organization.ts';
import { ButtonLink } from '../shell/AppLink.tsx';
import { Figure } from '../shell/Figure.tsx';
import { plural } from '../shell/format.ts';
import { Icon } from '../shell/Icon.tsx';
import { Badge, Notice } from '../shell/Notice.tsx';
import { OutOfDate } from '../shell/OutOfDate.tsx';
import { PageHead } from '../shell/PageHead.tsx';
import { Attention } from './Attention.tsx';
import { FirstSteps } from './FirstSteps.tsx';
import style from './overview.module.css';
import { overviewQuery } from './overview.ts';

// Charts weigh as much as all the rest: they come when the rest is there.
const Charts = lazy(() => import('./Charts.tsx'));

type OverviewData = components['schemas']['Overview'];

export function Overview() {
  const organization = useSlug();
  const { name, mayWrite, role } = useOrganization();
  const isOpen = useLiveEvents(organization, { pauseMs: 5_000 });
  const query = useSuspenseQuery({ ...overviewQuery(organization), refetchInterval: isOpen ? 60_000 : 15_000 });
  const { data } = query;
  const total = data.pages.reduce((sum, { count }) => sum + count, 0);
  const connect = mayWrite && total > 0 && (
    <ButtonLink to="/organizations/$organization/connect" params={{ organization }} leftSection={<Icon name="plus" />}>
      Connect a page
    </ButtonLink>
  );
  return (
    <>
      <PageHead title={<bdi>{name}</bdi>} name={name} lead={leadOf(data, total)} action={connect} />
      <OutOfDate query={query} />
      <Stack gap="lg">
        {role === 'STAFF' && (
          <Notice tone="info">You are here as staff, for an hour. What you do stands in their audit log.</Notice>
        )}
        {total === 0 ? (
          <FirstSteps />
        ) : (
          <>
            <Attention overview={data} />
            <Figures overview={data} />
            <Suspense fallback={<Skeleton height={320} radius="lg" />}>
              <Charts days={data.days} expiring={data.expiring} />
            </Suspense>
          </>
        )}
      </Stack>
    </>
  );
}

function leadOf({ pages }: OverviewData, total: number): string {
  const needy = pages.reduce((sum, { status, count }) => (needsNobody.has(status) ? sum : sum + count), 0);
  if (total === 0) return 'Welcome. Two steps, and your first page is kept.';
  if (needy === 0) return `${plural(total, 'page')} kept. Nothing needs you today.`;
  return `${plural(total, 'page')} kept. ${needy === 1 ? 'One needs' : `${needy.toLocaleString('en')} need`} you today.`;
}

function Figures({ overview: { pages, days, waiting } }: { overview: OverviewData }) {
  const sum = (name: 'events' | 'replies') => days.reduce((total, day) => total + day[name], 0);
  const open = waiting.pending + waiting.parked;
  return (
    <SimpleGrid cols={{ base: 2, md: 4 }} spacing="md" className={style.figures!}>
      <Paper withBorder radius="lg" p="lg">
        <Text size="sm" c="dimmed" mb={8}>
          Pages by health
        </Text>
        <Stack gap={6} align="flex-start">
          {pages.map(({ status, count }) => (
            <Badge key={status} tone={pageStatuses[status].tone}>
              {count} {pageStatuses[status].label.toLowerCase()}
            </Badge>
          ))}
        </Stack>
      </Paper>
      <Figure label="Events in 14 days" value={sum('events')} />
      <Figure label="Replies in 14 days" value={sum('replies')} />
      <Figure
        label="Waiting events"
        value={open}
        {...(waiting.parked > 0 && { hint: `${waiting.parked} until a page is reconnected` })}
      />
    </SimpleGrid>
  );
}
