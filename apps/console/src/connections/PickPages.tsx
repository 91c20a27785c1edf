import { Button, Checkbox, Group, Paper, Stack, Switch, Text } from '@mantine/core';
import { useState } from 'react';
import { api, ask } from '../api.ts';
import { useSlug } from '../organizations/organization.ts';
import { refresh } from '../query-client.ts';
import { plural } from '../shell/format.ts';
import { Badge } from '../shell/Notice.tsx';
import { ProblemNotice } from '../shell/Problem.tsx';
import type { ConnectedPage, Connection, FoundPage } from './connection.ts';
import style from './steps.module.css';

/** The API takes so many at a time. */
const maxPicked = 50;

/** The second step. A page that cannot be connected says why, and what to do. */
export function PickPages({ connection, done }: { connection: Connection; done(pages: ConnectedPage[]): void }) {
  const organization = useSlug();
  const { pages, pages_total, reconnect } = connection;
  const [picked, setPicked] = useState<string[]>(() => pickedAtFirst(pages, reconnect));
  const [takeOver, setTakeOver] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  async function connect(): Promise<void> {
    setBusy(true);
    setError(null);
    try {
      const params = { path: { organization, connection: connection.id } };
      const path = '/v1/organizations/{organization}/facebook/connections/{connection}/pages';
      const answer = await ask(api.POST(path, { params, body: { page_ids: picked, take_over: takeOver } }));
      await refresh();
      done(answer.pages);
    } catch (refusal) {
      setError(refusal);
    } finally {
      setBusy(false);
    }
  }

  return (
    <Stack gap="md">
      <Checkbox.Group
        label={`Facebook shows ${plural(pages_total, 'page')}. Which shall Pagekeeper keep?`}
        value={picked}
        onChange={setPicked}
      >
        <Paper withBorder radius="lg" mt="sm">
          <ul className={style.pages}>
            {pages.map(page => (
              <li key={page.page_id}>
                <PageChoice page={page} isWanted={reconnect !== null && page.integration_id === reconnect} />
              </li>
            ))}
          </ul>
        </Paper>
      </Checkbox.Group>
      <Switch
        checked={takeOver}
        onChange={event => setTakeOver(event.currentTarget.checked)}
        label="Take over pages that are connected elsewhere"
        description="Only if you manage them on Facebook. Whoever had them is told."
      />
      {Boolean(error) && <ProblemNotice error={error} />}
      <Group>
        <Button
          loading={busy}
          disabled={picked.length === 0 || picked.length > maxPicked}
          onClick={() => void connect()}
        >
          {reconnect ? 'Reconnect' : picked.length === 0 ? 'Connect' : `Connect ${plural(picked.length, 'page')}`}
        </Button>
        {picked.length > maxPicked && <Text size="sm">At most {maxPicked} at a time.</Text>}
      </Group>
    </Stack>
  );
}

/** What is broken comes back as it was; else the only page there is. */
function pickedAtFirst(pages: readonly FoundPage[], reconnect: string | null): string[] {
  const usable = pages.filter(({ reason }) => reason === null);
  const wanted = usable.filter(({ integration_id }) => reconnect !== null && integration_id === reconnect);
  return (wanted.length > 0 ? wanted : usable.length === 1 ? usable : []).map(({ page_id }) => page_id);
}

function PageChoice({ page, isWanted }: { page: FoundPage; isWanted: boolean }) {
  const { page_id, page_name, page_category, integration_id, reason } = page;
  const state = isWanted ? 'To be reconnected' : integration_id ? 'Connected already' : null;
  return (
    <Group justify="space-between" align="flex-start" gap="sm">
      <Checkbox
        value={page_id}
        disabled={reason !== null}
        label={<bdi>{page_name}</bdi>}
        description={page_category && <bdi>{page_category}</bdi>}
        styles={{ label: { fontWeight: 600, overflowWrap: 'anywhere' } }}
      />
      {reason ? <Badge tone="warn">Cannot be connected</Badge> : state && <Badge tone="info">{state}</Badge>}
      {reason && (
        <Text size="sm" w="100%" pl={32}>
          {reason.detail} <strong>{reason.fix}</strong>
        </Text>
      )}
    </Group>
  );
}
