import { Button, Group, Stack, Switch, Text } from '@mantine/core';
import type { components } from '@pagekeeper/client';
import { useState } from 'react';
import { api, ask } from '../api.ts';
import { useSlug } from '../organizations/organization.ts';
import { refresh } from '../query-client.ts';
import { tell } from '../resource/act.tsx';
import { FormDialog } from '../resource/FormDialog.tsx';
import type { Search } from '../resource/list-search.ts';
import { plural } from '../shell/format.ts';
import { Notice } from '../shell/Notice.tsx';
import { ProblemNotice } from '../shell/Problem.tsx';

type Replay = components['schemas']['Replay'];

/** Has events worked through again: first it is counted what would be, then somebody says yes. */
export function ReplayDialog({ filter: { cursor: _, ...filter }, close }: { filter: Search; close(): void }) {
  const organization = useSlug();
  const [withReplies, setWithReplies] = useState(false);
  const [counted, setCounted] = useState<Replay | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);

  async function replay(dryRun: boolean): Promise<void> {
    setBusy(true);
    setError(null);
    try {
      const body = { filter: filter as object, dry_run: dryRun, with_replies: withReplies };
      const params = { path: { organization } };
      const answer = await ask(api.POST('/v1/organizations/{organization}/events/replay', { params, body }));
      if (dryRun) return setCounted(answer);
      await refresh();
      tell(`${plural(answer.replayed, 'event')} will be worked through again.`);
      close();
    } catch (refusal) {
      setError(refusal);
    } finally {
      setBusy(false);
    }
  }

  return (
    <FormDialog title="Replay events" isOpen close={close}>
      <Stack>
        <Text size="sm">
          The events that fit the filters of this page are worked through again, oldest first, up to 10,000. Nobody is
          answered twice.
        </Text>
        <Switch
          checked={withReplies}
          onChange={event => setWithReplies(event.currentTarget.checked)}
          label="Answer those that were not answered"
          description="Off, nothing is sent."
        />
        {counted && (
          <Notice tone="info" role="status" title={`${plural(counted.replayed, 'event')} would be replayed`}>
            <Text size="sm">
              {counted.matched} fit, {counted.already_waiting} of them wait already.
              {counted.has_more && ' There are more than one replay takes.'}
            </Text>
          </Notice>
        )}
        {Boolean(error) && <ProblemNotice error={error} />}
        <Group justify="flex-end">
          <Button variant="default" loading={busy && !counted} onClick={() => void replay(true)}>
            Only count
          </Button>
          <Button
            disabled={!counted || counted.replayed === 0}
            loading={busy && Boolean(counted)}
            onClick={() => void replay(false)}
          >
            Replay
          </Button>
        </Group>
      </Stack>
    </FormDialog>
  );
}
