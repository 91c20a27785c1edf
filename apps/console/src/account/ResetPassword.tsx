import { Button } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { api, ask } from '../api.ts';
import { queryClient } from '../query-client.ts';
import { ResourceForm } from '../resource/ResourceForm.tsx';
import { ButtonLink } from '../shell/AppLink.tsx';
import { Notice } from '../shell/Notice.tsx';
import { AccountCard } from './AccountCard.tsx';
import { takeToken } from './link-token.ts';
import { newPasswordField } from './SignUp.tsx';

/** Where the mail leads: with `result`, and a token in the fragment when the link is good. */
export function ResetPassword() {
  const { result } = useSearch({ strict: false });
  const navigate = useNavigate();
  const [token] = useState(takeToken);
  const [done, setDone] = useState(false);
  if (done) {
    return (
      <AccountCard title="Your new password is set">
        <Notice tone="good">All sessions have ended. Sign in with the new password.</Notice>
        <Button onClick={() => void navigate({ to: '/sign-in' })}>Sign in</Button>
      </AccountCard>
    );
  }
  if (result === 'invalid_link' || !token) {
    return (
      <AccountCard title="This link does not work">
        <Notice tone="warn">It was used already, or is too old. Ask for a new one.</Notice>
        <ButtonLink to="/forgot-password">Ask for a new link</ButtonLink>
      </AccountCard>
    );
  }
  return (
    <AccountCard title="Choose a new password" lead="All sessions end, on every device.">
      <ResourceForm
        fields={[newPasswordField('newPassword', 'New password')]}
        submitLabel="Set the password"
        fullWidth
        submit={async values => {
          await ask(api.POST('/auth/reset-password', { body: { token, newPassword: String(values.newPassword) } }));
          queryClient.clear();
          setDone(true);
        }}
      />
    </AccountCard>
  );
}
