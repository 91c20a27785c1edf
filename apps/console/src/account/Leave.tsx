import { Button, Group, List, Stack, Text } from '@mantine/core';
import type { Problem } from '@pagekeeper/client';
import { useState } from 'react';
import { api, ask, Refusal } from '../api.ts';
import { FormDialog } from '../resource/FormDialog.tsx';
import { ResourceForm } from '../resource/ResourceForm.tsx';
import { forgetUnsaved } from '../resource/unsaved.ts';
import { AppLink } from '../shell/AppLink.tsx';
import { Notice } from '../shell/Notice.tsx';
import { Part } from './Part.tsx';

/** The end of an account. */
export function Leave() {
  const [isLeaving, setLeaving] = useState(false);
  return (
    <Part title="Leave" lead="You leave all your organizations, and your account is erased. There is no way back.">
      <Group>
        <Button color="red.9" onClick={() => setLeaving(true)}>
          Leave for good
        </Button>
      </Group>
      {isLeaving && <LeaveDialog close={() => setLeaving(false)} />}
    </Part>
  );
}

function LeaveDialog({ close }: { close(): void }) {
  const [lastOwner, setLastOwner] = useState<Problem | null>(null);
  return (
    <FormDialog title="Leave for good?" isOpen close={close}>
      <Stack>
        <List size="sm" spacing={4}>
          <List.Item>You are a member of no organization any more. What belongs to them stays theirs.</List.Item>
          <List.Item>Your name, address, password and second factor are erased, and all your sessions end.</List.Item>
          <List.Item>What you did stays in audit logs, without your name.</List.Item>
        </List>
        <ResourceForm
          fields={[
            {
              name: 'password',
              label: 'Your password',
              kind: 'password',
              required: true,
              autoComplete: 'current-password',
            },
          ]}
          submitLabel="Leave for good"
          cancel={close}
          submit={async values => {
            setLastOwner(null);
            try {
              await ask(api.DELETE('/v1/me', { body: { password: String(values.password) } }));
            } catch (error) {
              if (!(error instanceof Refusal) || error.code !== 'last_owner') throw error;
              setLastOwner(error.problem);
              return;
            }
            // Nothing of theirs stays in this tab.
            forgetUnsaved();
            location.assign('/sign-in');
          }}
        >
          {lastOwner && <LastOwner problem={lastOwner} />}
        </ResourceForm>
      </Stack>
    </FormDialog>
  );
}

/** What to do first, and where. */
function LastOwner({ problem: { title, detail, errors = [] } }: { problem: Problem }) {
  return (
    <Notice tone="warn" title={title} role="alert">
      <Text size="sm">{detail}</Text>
      <List size="sm" mt="xs" spacing={4}>
        {errors.map(({ pointer, detail: name }) => {
          const organization = pointer.split('/')[2] ?? '';
          return (
            <List.Item key={pointer}>
              <bdi>{name}</bdi>:{' '}
              <AppLink to="/organizations/$organization/members" params={{ organization }} size="sm" underline="always">
                hand it over
              </AppLink>
              {' or '}
              <AppLink
                to="/organizations/$organization/settings"
                params={{ organization }}
                size="sm"
                underline="always"
              >
                deactivate it
              </AppLink>
            </List.Item>
          );
        })}
      </List>
    </Notice>
  );
}
