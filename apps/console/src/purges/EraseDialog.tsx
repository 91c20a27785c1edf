import { Button, Group, List, Stack, TextInput } from '@mantine/core';
import type { Organization } from '@pagekeeper/client';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { api, ask } from '../api.ts';
import { queryClient, refresh } from '../query-client.ts';
import { FormDialog } from '../resource/FormDialog.tsx';
import { Notice } from '../shell/Notice.tsx';
import { ProblemNotice } from '../shell/Problem.tsx';
import { purgeQuery } from './purge.ts';

interface EraseDialogProps {
  organization: Pick<Organization, 'id' | 'name' | 'slug'>;
  close(): void;
}

/** Erases an organization, after its short name was typed. */
export function EraseDialog({ organization: { id, name, slug }, close }: EraseDialogProps) {
  const navigate = useNavigate();
  const [typed, setTyped] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  async function erase(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setError(null);
    try {
      const path = '/v1/organizations/{organization}/purge';
      const purge = await ask(api.POST(path, { params: { path: { organization: id } }, body: { confirm: typed } }));
      queryClient.setQueryData(purgeQuery(purge.id).queryKey, purge);
      await navigate({ to: '/purges/$purge', params: { purge: purge.id } });
      // Now that no page of it is shown: what is read again would be refused.
      await refresh();
      queryClient.removeQueries({ queryKey: ['organizations'], type: 'inactive' });
    } catch (refusal) {
      setError(refusal);
      setBusy(false);
    }
  }

  return (
    <FormDialog
      title={
        <>
          Erase <bdi>{name}</bdi> for good?
        </>
      }
      isOpen
      close={close}
    >
      <form onSubmit={event => void erase(event)}>
        <Stack>
          <Notice tone="bad" title="There is no way back">
            <List size="sm" spacing={4} mt={4}>
              <List.Item>From now on it is gone for everybody in it, you too.</List.Item>
              <List.Item>Our app is taken off its pages on Facebook, so that no events come any more.</List.Item>
              <List.Item>Businesses, pages, tokens, events, replies and the audit log are erased.</List.Item>
              <List.Item>Its encryption keys are destroyed: copies in backups cannot be read.</List.Item>
            </List>
          </Notice>
          <TextInput
            label={
              <>
                Type <strong>{slug}</strong> to confirm
              </>
            }
            value={typed}
            onChange={event => setTyped(event.currentTarget.value)}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            data-autofocus
          />
          {error !== null && <ProblemNotice error={error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              Keep it
            </Button>
            <Button type="submit" color="red.9" disabled={typed !== slug} loading={busy}>
              Erase for good
            </Button>
          </Group>
        </Stack>
      </form>
    </FormDialog>
  );
}
