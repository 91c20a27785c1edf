import { Button, Group, Paper, Radio, Stack, Switch, Text, Textarea, TextInput, Title } from '@mantine/core';
import type { Integration } from '@pagekeeper/client';
import { type FormEvent, useEffect, useState } from 'react';
import { api, askTagged, Refusal } from '../api.ts';
import { useOrganization, useSlug } from '../organizations/organization.ts';
import { isSignedOut, refresh } from '../query-client.ts';
import { tell } from '../resource/act.tsx';
import { useUnsaved } from '../resource/unsaved.ts';
import { Notice } from '../shell/Notice.tsx';
import { ProblemNotice, SignedOutNotice } from '../shell/Problem.tsx';
import { type Draft, draftOf, patchOf } from './config.ts';
import style from './integration.module.css';
import { unknownPlaceholders } from './placeholders.ts';
import { ReplyPreview } from './ReplyPreview.tsx';
import { ReplyRules } from './ReplyRules.tsx';

const modes = [
  { value: 'off', label: 'Off', description: 'Events are kept. Nobody is answered.' },
  { value: 'shadow', label: 'Shadow', description: 'Each answer is decided and shown here, and not sent.' },
  { value: 'live', label: 'Live', description: 'Comments and messages are answered.' },
];

interface ConfigEditorProps {
  integration: Integration;
  etag: string | null;
  setHasDraft(hasDraft: boolean): void;
}

/** How a page answers. What is saved is what was read: if somebody else was faster, it says so. */
export function ConfigEditor({ integration, etag, setHasDraft }: ConfigEditorProps) {
  const organization = useSlug();
  const { mayWrite } = useOrganization();
  const [base, setBase] = useState({ config: integration.config, etag });
  const [draft, setDraft] = useState(() => draftOf(integration.config));
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const set = (part: Partial<Draft>) => setDraft(before => ({ ...before, ...part }));
  const isUnsaved = isChanged(draft, base.config);
  useUnsaved(isUnsaved, busy);
  useEffect(() => {
    setHasDraft(isUnsaved);
    return () => setHasDraft(false);
  }, [isUnsaved, setHasDraft]);
  const isStale = error instanceof Refusal && error.code === 'stale_version';

  function load(): void {
    setBase({ config: integration.config, etag });
    setDraft(draftOf(integration.config));
    setError(null);
  }

  // Somebody else's change is shown at once where nothing is typed that it would take away. A change of other things (a
  // deactivation, a name) takes nothing away from what is typed.
  // biome-ignore lint/correctness/useExhaustiveDependencies: when another version was read, and not before
  useEffect(() => {
    if (etag === base.etag) return;
    if (!isUnsaved) load();
    else if (isSame(integration.config, base.config)) setBase({ config: integration.config, etag });
  }, [etag]);

  async function save(event: FormEvent): Promise<void> {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const header = { 'If-Match': base.etag ?? '' };
      const params = { path: { organization, integration: integration.id }, header };
      const path = '/v1/organizations/{organization}/integrations/{integration}';
      const { data, etag: saved } = await askTagged(api.PATCH(path, { params, body: { config: patchOf(draft) } }));
      setBase({ config: data.config, etag: saved });
      await refresh();
      tell('Saved. It holds from now on.');
    } catch (refusal) {
      setError(refusal);
      // Theirs, to be loaded.
      if (refusal instanceof Refusal && refusal.code === 'stale_version') await refresh();
    } finally {
      setBusy(false);
    }
  }

  return (
    <form onSubmit={event => void save(event)}>
      <Stack gap="xl">
        <fieldset disabled={!mayWrite} style={{ border: 0, margin: 0, padding: 0, minInlineSize: 0 }}>
          <Stack gap="xl">
            <Mode draft={draft} set={set} />
            <Texts draft={draft} set={set} />
            <ReplyRules rules={draft.rules} setRules={rules => set({ rules })} />
          </Stack>
        </fieldset>
        <ReplyPreview integration={integration.id} draft={draft} />
        {isStale ? (
          <Notice tone="warn" title="Somebody else changed this in the meantime" role="alert">
            <Text size="sm" mb="xs">
              Nothing of yours was saved, so that theirs is not lost. Load their version, and make your change again.
            </Text>
            <Button size="xs" variant="default" onClick={load}>
              Load their version
            </Button>
          </Notice>
        ) : isSignedOut(error) ? (
          <SignedOutNotice />
        ) : (
          Boolean(error) && <ProblemNotice error={error} />
        )}
        {mayWrite ? (
          <Group>
            <Button type="submit" loading={busy}>
              Save
            </Button>
            <Button variant="default" onClick={load}>
              Discard changes
            </Button>
          </Group>
        ) : (
          <Notice tone="info">Changing this takes an admin or owner.</Notice>
        )}
      </Stack>
    </form>
  );
}

const isSame = (one: Integration['config'], other: Integration['config']): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

const isChanged = (draft: Draft, config: Integration['config']): boolean =>
  JSON.stringify(patchOf(draft)) !== JSON.stringify(patchOf(draftOf(config)));

interface PartProps {
  draft: Draft;
  set(part: Partial<Draft>): void;
}

function Mode({ draft, set }: PartProps) {
  return (
    <Stack gap="md">
      <Radio.Group
        label={
          <Title order={2} size="h3">
            Automatic replies
          </Title>
        }
        value={draft.autoReply}
        onChange={value => set({ autoReply: value as Draft['autoReply'] })}
      >
        <div className={style.modes}>
          {modes.map(({ value, label, description }) => (
            <div key={value} className={style.mode} data-checked={draft.autoReply === value || undefined}>
              <Radio value={value} label={label} description={description} styles={{ label: { fontWeight: 600 } }} />
            </div>
          ))}
        </div>
      </Radio.Group>
      <Switch
        checked={draft.webhookEnabled}
        onChange={event => set({ webhookEnabled: event.currentTarget.checked })}
        label="Receive events"
        description="Off, the page is unsubscribed at Facebook, and nothing arrives."
      />
    </Stack>
  );
}

const placeholders = 'May hold {page_name} and {sender_name}. Left empty, a friendly default is sent.';

function Texts({ draft, set }: PartProps) {
  return (
    <Stack gap="md">
      <Title order={2} size="h3">
        Texts
      </Title>
      <Paper withBorder radius="lg" p="lg">
        <Stack gap="lg">
          <Textarea
            label="Answer to a comment"
            description={placeholders}
            value={draft.commentText}
            error={unknownPlaceholders(draft.commentText)}
            onChange={event => set({ commentText: event.currentTarget.value })}
            autosize
            minRows={2}
            maxLength={1_900}
          />
          <Radio.Group
            label="Where a comment is answered"
            description={
              draft.commentText.trim() ? undefined : 'The default text is always answered below the comment.'
            }
            value={draft.visibility}
            onChange={value => set({ visibility: value as Draft['visibility'] })}
          >
            <Group mt={6}>
              <Radio value="public" label="Below the comment" disabled={!draft.commentText.trim()} />
              <Radio value="private" label="In a private message" disabled={!draft.commentText.trim()} />
            </Group>
          </Radio.Group>
          <Textarea
            label="Answer to a message"
            description={placeholders}
            value={draft.messageText}
            error={unknownPlaceholders(draft.messageText)}
            onChange={event => set({ messageText: event.currentTarget.value })}
            autosize
            minRows={2}
            maxLength={1_900}
          />
          <TextInput
            type="number"
            label="Wait before answering"
            description="In seconds, an hour at most."
            value={draft.delaySeconds}
            onChange={event => set({ delaySeconds: Number(event.currentTarget.value) || 0 })}
            min={0}
            max={3_600}
            maw={220}
          />
        </Stack>
      </Paper>
    </Stack>
  );
}
