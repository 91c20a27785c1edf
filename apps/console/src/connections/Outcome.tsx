import { Button, Group, Paper, Stack, Text } from '@mantine/core';
import { PageStatusBadge } from '../integrations/page-status.tsx';
import { useSlug } from '../organizations/organization.ts';
import { AppLink, ButtonLink } from '../shell/AppLink.tsx';
import { plural } from '../shell/format.ts';
import { Badge, Notice } from '../shell/Notice.tsx';
import type { ConnectedPage, Connection } from './connection.ts';
import style from './steps.module.css';

/** The last step: what came of each page, with its first check. */
export function Outcome({
  pages,
  connection,
  again,
}: {
  pages: ConnectedPage[];
  connection: Connection;
  again(): void;
}) {
  const organization = useSlug();
  const good = pages.filter(({ outcome }) => outcome !== 'refused').length;
  const isAll = good === pages.length;
  const isNew = pages.some(({ outcome }) => outcome === 'connected');
  return (
    <Stack gap="lg">
      <Notice
        tone={isAll ? 'good' : 'warn'}
        role="status"
        title={
          isAll
            ? `${plural(good, 'page')} connected and checked`
            : `${good} of ${plural(pages.length, 'page')} connected`
        }
      >
        <Text size="sm">
          {good === 0
            ? 'Each one says why.'
            : `Events arrive from now on.${isNew ? ' Replies stay off until you turn them on, on the page’s own page.' : ''}`}
        </Text>
      </Notice>
      <Paper withBorder radius="lg">
        <ul className={style.pages}>
          {pages.map(page => (
            <li key={page.page_id}>
              <OnePage page={page} organization={organization} />
            </li>
          ))}
        </ul>
      </Paper>
      <Group>
        <ButtonLink to="/organizations/$organization/integrations" params={{ organization }}>
          To the pages
        </ButtonLink>
        {connection.pages.length > 1 && (
          <Button variant="default" onClick={again}>
            Connect more of them
          </Button>
        )}
      </Group>
    </Stack>
  );
}

function OnePage({ page, organization }: { page: ConnectedPage; organization: string }) {
  const { integration, page_name, page_id, reason, taken_over } = page;
  return (
    <Stack gap={6}>
      <Group justify="space-between">
        {integration ? (
          <AppLink
            to="/organizations/$organization/integrations/$integration"
            params={{ organization, integration: integration.id }}
            fw={600}
          >
            <bdi>{integration.name}</bdi>
          </AppLink>
        ) : (
          <Text fw={600} component="bdi">
            {page_name ?? page_id}
          </Text>
        )}
        {integration ? <PageStatusBadge integration={integration} /> : <Badge tone="bad">Refused</Badge>}
      </Group>
      {reason && (
        <Text size="sm">
          {reason.detail} <strong>{reason.fix}</strong>
        </Text>
      )}
      {taken_over && (
        <Text size="sm" c="dimmed">
          It was taken over from another organization.
        </Text>
      )}
    </Stack>
  );
}
