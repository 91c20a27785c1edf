import { Button, Group, Text } from '@mantine/core';
import { useState } from 'react';
import { api, ask } from '../api.ts';
import { refresh } from '../query-client.ts';
import { act, tell } from '../resource/act.tsx';
import { FormDialog } from '../resource/FormDialog.tsx';
import { ResourceForm, textIn } from '../resource/ResourceForm.tsx';
import { Badge } from '../shell/Notice.tsx';
import { useMe } from './me.ts';
import { Part } from './Part.tsx';

export function Profile() {
  const me = useMe();
  const [isChanging, setChanging] = useState(false);
  const confirmation = () =>
    ask(api.POST('/auth/send-verification-email', { body: { email: me.email, callbackURL: '/verify-email' } }));
  return (
    <Part title="You">
      <ResourceForm
        fields={[{ name: 'name', label: 'Name', required: true, maxLength: 200, autoComplete: 'name' }]}
        initial={{ name: me.name }}
        submitLabel="Save"
        submit={async values => {
          await ask(api.PATCH('/v1/me', { body: { name: textIn(values, 'name') } }));
          await refresh();
          tell('Saved.');
        }}
      />
      <Group gap="sm">
        <Text component="bdi">{me.email}</Text>
        <Badge tone={me.email_verified ? 'good' : 'warn'}>{me.email_verified ? 'Confirmed' : 'Not confirmed'}</Badge>
        {!me.email_verified && (
          <Button
            size="compact-sm"
            variant="default"
            onClick={() => void act(confirmation, { done: 'A mail is on its way.' })}
          >
            Send the mail again
          </Button>
        )}
        <Button size="compact-sm" variant="default" onClick={() => setChanging(true)}>
          Change the address
        </Button>
      </Group>
      <FormDialog title="Change the e-mail address" isOpen={isChanging} close={() => setChanging(false)}>
        <ResourceForm
          fields={[
            {
              name: 'newEmail',
              label: 'New e-mail address',
              kind: 'email',
              required: true,
              description: 'A mail there asks to confirm it.',
            },
            {
              name: 'password',
              label: 'Your password',
              kind: 'password',
              required: true,
              autoComplete: 'current-password',
            },
          ]}
          submitLabel="Send the mail"
          cancel={() => setChanging(false)}
          submit={async values => {
            const body = {
              newEmail: textIn(values, 'newEmail'),
              password: String(values.password),
              callbackURL: '/verify-email',
            };
            await ask(api.POST('/auth/change-email', { body }));
            setChanging(false);
            tell('A mail is on its way to the new address.');
          }}
        />
      </FormDialog>
    </Part>
  );
}
