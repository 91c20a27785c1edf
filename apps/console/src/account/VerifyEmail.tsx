import { Button, Text } from '@mantine/core';
import { useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { api, ask } from '../api.ts';
import { waitingInvitation } from '../invitations/waiting-invitation.ts';
import { queryClient } from '../query-client.ts';
import { ResourceForm, textIn } from '../resource/ResourceForm.tsx';
import { ButtonLink } from '../shell/AppLink.tsx';
import { Notice } from '../shell/Notice.tsx';
import { AccountCard } from './AccountCard.tsx';

/** Where the mail leads that confirms an address. */
export function VerifyEmail() {
  const { result } = useSearch({ strict: false });
  if (result === 'invalid_link') return <AskAgain />;
  return (
    <AccountCard title="Your address is confirmed">
      <Notice tone="good">Thank you. Mails about your pages reach you now.</Notice>
      {waitingInvitation() ? (
        <ButtonLink to="/accept-invitation">Go on to your invitation</ButtonLink>
      ) : (
        <Button component="a" href="/" onClick={() => queryClient.clear()}>
          Go on
        </Button>
      )}
    </AccountCard>
  );
}

function AskAgain() {
  const [sentTo, setSentTo] = useState('');
  return (
    <AccountCard title="This link does not work">
      {sentTo ? (
        <Notice tone="info" role="status">
          <Text size="sm">
            If an account has the address <bdi>{sentTo}</bdi> and it is not confirmed yet, a new mail is on its way.
          </Text>
        </Notice>
      ) : (
        <>
          <Notice tone="warn">It was used already, or is too old. We can send you a new one.</Notice>
          <ResourceForm
            fields={[
              { name: 'email', label: 'E-mail address', kind: 'email', required: true, autoComplete: 'username' },
            ]}
            submitLabel="Send a new link"
            fullWidth
            submit={async values => {
              const email = textIn(values, 'email');
              await ask(api.POST('/auth/send-verification-email', { body: { email, callbackURL: '/verify-email' } }));
              setSentTo(email);
            }}
          />
        </>
      )}
    </AccountCard>
  );
}
