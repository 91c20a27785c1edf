import { Text } from '@mantine/core';
import { useState } from 'react';
import { api, ask } from '../api.ts';
import { ResourceForm, textIn } from '../resource/ResourceForm.tsx';
import { AppLink } from '../shell/AppLink.tsx';
import { Notice } from '../shell/Notice.tsx';
import { AccountCard } from './AccountCard.tsx';

export function ForgotPassword() {
  const [sentTo, setSentTo] = useState('');
  const below = <AppLink to="/sign-in">Back to signing in</AppLink>;
  if (sentTo) {
    return (
      <AccountCard title="Look into your mail" below={below}>
        <Notice tone="info" role="status">
          <Text size="sm">
            If an account has the address <bdi>{sentTo}</bdi>, a link to choose a new password is on its way. It works
            for an hour.
          </Text>
        </Notice>
      </AccountCard>
    );
  }
  return (
    <AccountCard title="Forgot your password?" lead="We send you a link to choose a new one." below={below}>
      <ResourceForm
        fields={[{ name: 'email', label: 'E-mail address', kind: 'email', required: true, autoComplete: 'username' }]}
        submitLabel="Send the link"
        fullWidth
        submit={async values => {
          const email = textIn(values, 'email');
          await ask(api.POST('/auth/request-password-reset', { body: { email, redirectTo: '/reset-password' } }));
          setSentTo(email);
        }}
      />
    </AccountCard>
  );
}
