import { Button, Group, List, Stack, Switch, Text } from '@mantine/core';
import type { components } from '@pagekeeper/client';
import { useEffect, useRef, useState } from 'react';
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

/** What the calls so far did, and where the next one goes on. */
interface Progress {
  replayed: number;
  cursor: string | null;
}

interface ReplayDialogProps {
  /** As it was when the dialog was opened: what is counted is what is replayed. */
  filter: Search;
  /** The same in words. */
  words: readonly string[];
  close(): void;
}

/**
 * Has events worked through again: first it is counted what would be, then somebody says yes. One call takes 10,000 of
 * them; it goes on to the end, and where it is held up it can be told to go on from there.
 */
export function ReplayDialog({ filter: { cursor: _, ...filter }, words, close }: ReplayDialogProps) {
  const organization = useSlug();
  const [withReplies, setWithReplies] = useState(false);
  const [counted, setCounted] = useState<Replay | null>(null);
  const [progress, setProgress] = useState<Progress | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const isOpen = useIsOpen();

  const call = (dryRun: boolean, cursor?: string | null) => {
    const body = { filter: filter as object, dry_run: dryRun, with_replies: withReplies, ...(cursor && { cursor }) };
    const params = { path: { organization } };
    return ask(api.POST('/v1/organizations/{organization}/events/replay', { params, body }));
  };

  async function unlessRefused(work: () => Promise<void>): Promise<void> {
    setBusy(true);
    setError(null);
    try {
      await work();
    } catch (refusal) {
      setError(refusal);
    } finally {
      setBusy(false);
      await refresh();
    }
  }

  async function replay(): Promise<void> {
    let done: Progress = progress ?? { replayed: 0, cursor: null };
    do {
      const answer = await call(false, done.cursor);
      done = { replayed: done.replayed + answer.replayed, cursor: answer.next_cursor };
      setProgress(done);
    } while (done.cursor && isOpen.current);
    const rest = done.cursor ? ' You closed the dialog: those after them are left as they were.' : '';
    tell(`${plural(done.replayed, 'event')} will be worked through again.${rest}`);
    if (isOpen.current) close();
  }

  return (
    <FormDialog title="Replay events" isOpen close={close}>
      <Stack>
        <Text size="sm">
          {words.length > 0 ? 'All events that fit these filters' : 'All events of this organization'} are worked
          through again, oldest first. Nobody is answered twice.
        </Text>
        {words.length > 0 && (
          <List size="sm" aria-label="Filters">
            {words.map(each => (
              <List.Item key={each}>
                <bdi>{each}</bdi>
              </List.Item>
            ))}
          </List>
        )}
        <Switch
          checked={withReplies}
          disabled={busy || progress !== null}
          onChange={event => setWithReplies(event.currentTarget.checked)}
          label="Answer those that were not answered"
          description="Off, nothing is sent."
        />
        {progress ? <HowFar progress={progress} busy={busy} /> : counted && <Counted counted={counted} />}
        {Boolean(error) && <ProblemNotice error={error} />}
        <Group justify="flex-end">
          <Button
            variant="default"
            disabled={progress !== null}
            loading={busy && !counted}
            onClick={() => void unlessRefused(async () => setCounted(await call(true)))}
          >
            Only count
          </Button>
          <Button
            disabled={!counted || (counted.replayed === 0 && !counted.has_more)}
            loading={busy && Boolean(counted)}
            onClick={() => void unlessRefused(replay)}
          >
            {progress ? 'Go on' : 'Replay'}
          </Button>
        </Group>
      </Stack>
    </FormDialog>
  );
}

/** False once the dialog is gone: nobody sees any more what goes on. */
function useIsOpen() {
  const isOpen = useRef(true);
  useEffect(() => {
    isOpen.current = true;
    return () => {
      isOpen.current = false;
    };
  }, []);
  return isOpen;
}

function Counted({ counted: { matched, replayed, already_waiting, has_more } }: { counted: Replay }) {
  const title = has_more
    ? `${replayed.toLocaleString('en')} of the oldest ${plural(matched, 'event')} would be replayed, and more after them`
    : `${plural(replayed, 'event')} would be replayed`;
  return (
    <Notice tone="info" role="status" title={title}>
      <Text size="sm">
        {matched.toLocaleString('en')} fit, {already_waiting.toLocaleString('en')} of them wait already.
        {has_more && ' More fit than are counted at a time. A replay takes them all.'}
      </Text>
    </Notice>
  );
}

function HowFar({ progress, busy }: { progress: Progress; busy: boolean }) {
  return (
    <Notice tone="info" role="status" title={`${plural(progress.replayed, 'event')} so far`}>
      <Text size="sm">
        {busy
          ? 'It goes on, 10,000 at a time, as long as this dialog is open.'
          : 'They will be worked through again. There are more: go on from here.'}
      </Text>
    </Notice>
  );
}
