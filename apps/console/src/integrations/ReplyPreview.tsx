import { Button, Paper, Stack, Text, Title } from '@mantine/core';
import type { components } from '@pagekeeper/client';
import { useState } from 'react';
import { api, ask } from '../api.ts';
import { useSlug } from '../organizations/organization.ts';
import { Notice } from '../shell/Notice.tsx';
import { ProblemNotice } from '../shell/Problem.tsx';
import { type Draft, patchOf } from './config.ts';
import style from './integration.module.css';

type Preview = components['schemas']['ReplyPreview']['data'][number];

/** "This comment would get this reply": of what really came, with the texts as they stand here, saved or not. */
export function ReplyPreview({ integration, draft }: { integration: string; draft: Draft }) {
  const organization = useSlug();
  const [shown, setShown] = useState<Preview[] | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);

  async function look(): Promise<void> {
    setBusy(true);
    setError(null);
    try {
      const params = { path: { organization, integration } };
      const path = '/v1/organizations/{organization}/integrations/{integration}/reply-preview';
      setShown((await ask(api.POST(path, { params, body: { config: patchOf(draft) } }))).data);
    } catch (refusal) {
      setError(refusal);
    } finally {
      setBusy(false);
    }
  }

  return (
    <Stack gap="md" align="flex-start">
      <div>
        <Title order={2} size="h3">
          Preview
        </Title>
        <Text c="dimmed">
          What the newest comments and messages would get with these texts. That you looked stands in the audit log.
        </Text>
      </div>
      <Button variant="default" loading={busy} onClick={() => void look()}>
        {shown ? 'Look again' : 'Show the preview'}
      </Button>
      {Boolean(error) && <ProblemNotice error={error} />}
      {shown?.length === 0 && <Notice tone="info">Nobody has written yet.</Notice>}
      {shown && shown.length > 0 && (
        <Paper withBorder radius="lg" p="lg" w="100%" role="region" aria-label="Preview" aria-live="polite">
          <ul className={style.talk}>
            {shown.map(each => (
              <Exchange key={each.event_id} preview={each} />
            ))}
          </ul>
        </Paper>
      )}
    </Stack>
  );
}

const where: Record<Preview['reply']['kind'], string> = {
  public_comment: 'Below the comment',
  private_comment: 'In a private message',
  message: 'As a message',
};

function Exchange({ preview: { from, text, reply } }: { preview: Preview }) {
  return (
    <li>
      <div className={style['said-by-them']} dir="auto">
        {text ?? '(no words)'}
      </div>
      <p className={style.why}>
        <bdi>{from ?? 'Somebody'}</bdi>
      </p>
      <div className={style['said-by-us']} dir="auto">
        {reply.text}
      </div>
      <p className={style.why} data-ours>
        {where[reply.kind]}, {ruleWords(reply.rule)}
      </p>
    </li>
  );
}

function ruleWords(rule: string): string {
  const number = /^rules\[(\d+)\]$/.exec(rule)?.[1];
  if (number) return `by rule ${Number(number) + 1}`;
  return rule === 'default' ? 'the default text' : 'your own text';
}
