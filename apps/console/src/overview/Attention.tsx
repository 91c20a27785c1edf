import { Group, Paper, Text, Title } from '@mantine/core';
import type { components } from '@pagekeeper/client';
import { FacebookButton } from '../connections/FacebookButton.tsx';
import { mendedByLogin, needsNobody, pageStatuses } from '../integrations/page-status.tsx';
import { useOrganization, useSlug } from '../organizations/organization.ts';
import { AppLink, ButtonLink } from '../shell/AppLink.tsx';
import { formatDuration, plural } from '../shell/format.ts';
import { Badge } from '../shell/Notice.tsx';
import style from './overview.module.css';

type OverviewData = components['schemas']['Overview'];

/** What needs a person today, each with the button that mends it. */
export function Attention({ overview: { attention, pages, waiting } }: { overview: OverviewData }) {
  const organization = useSlug();
  if (attention.length === 0 && waiting.failed === 0) return null;
  return (
    <Paper withBorder radius="lg" component="section" aria-label="What needs you">
      <Title order={2} size="h3" px={20} pt={18}>
        What needs you
      </Title>
      <ul className={style.rows}>
        {attention.map(page => (
          <NeedyPage key={page.integration_id} page={page} />
        ))}
        <More shown={attention.length} pages={pages} />
        {waiting.failed > 0 && (
          <li>
            <div className={style.what}>
              <Group gap="sm">
                <Text fw={600}>{plural(waiting.failed, 'event')} could not be worked through</Text>
                <Badge tone="bad">Failed</Badge>
              </Group>
              <Text size="sm" c="dimmed">
                Look at the reasons, then have them worked through again.
              </Text>
            </div>
            <ButtonLink
              variant="default"
              to="/organizations/$organization/events"
              params={{ organization }}
              search={{ state: 'failed' }}
            >
              See them
            </ButtonLink>
          </li>
        )}
      </ul>
    </Paper>
  );
}

/** The most serious are named; of all of them, where they are listed. */
function More({ shown, pages }: { shown: number; pages: OverviewData['pages'] }) {
  const organization = useSlug();
  const needy = pages.filter(({ status }) => !needsNobody.has(status));
  const more = needy.reduce((sum, { count }) => sum + count, 0) - shown;
  if (more <= 0) return null;
  return (
    <li>
      <Text fw={600}>
        {plural(more, 'more page')} {more === 1 ? 'needs' : 'need'} you
      </Text>
      <Group gap="md">
        {needy.map(({ status, count }) => (
          <AppLink
            key={status}
            to="/organizations/$organization/integrations"
            params={{ organization }}
            search={{ status }}
            size="sm"
          >
            {count.toLocaleString('en')} {pageStatuses[status].label.toLowerCase()}
          </AppLink>
        ))}
      </Group>
    </li>
  );
}

function NeedyPage({ page }: { page: OverviewData['attention'][number] }) {
  const organization = useSlug();
  const { mayWrite } = useOrganization();
  const { tone, label } = pageStatuses[page.status];
  return (
    <li>
      <div className={style.what}>
        <Group gap="sm">
          <AppLink
            to="/organizations/$organization/integrations/$integration"
            params={{ organization, integration: page.integration_id }}
            fw={600}
          >
            <bdi>{page.name}</bdi>
          </AppLink>
          <Badge tone={tone}>{label}</Badge>
          <Text size="sm" c="dimmed">
            for {formatDuration(page.status_since)}
          </Text>
        </Group>
        {page.status_reason && (
          <Text size="sm" mt={4}>
            {page.status_reason.detail} {page.status_reason.fix}
          </Text>
        )}
      </div>
      {mayWrite && mendedByLogin.has(page.status) ? (
        <FacebookButton begin={{ organization, business: page.business_id, reconnect: page.integration_id }}>
          Reconnect
        </FacebookButton>
      ) : (
        <ButtonLink
          variant="default"
          to="/organizations/$organization/integrations/$integration"
          params={{ organization, integration: page.integration_id }}
        >
          Look at it
        </ButtonLink>
      )}
    </li>
  );
}
