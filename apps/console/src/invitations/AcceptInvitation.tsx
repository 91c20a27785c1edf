import { Button, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { AccountCard } from '../account/AccountCard.tsx';
import { takeToken } from '../account/link-token.ts';
import { meQuery } from '../account/me.ts';
import { api, ask, Refusal } from '../api.ts';
import { isSignedOut, queryClient } from '../query-client.ts';
import { ButtonLink } from '../shell/AppLink.tsx';
import { Notice } from '../shell/Notice.tsx';
import { ProblemNotice } from '../shell/Problem.tsx';
import { forgetInvitation, keepInvitation, waitingInvitation } from './waiting-invitation.ts';

/** Where an invitation's mail leads. */
export function AcceptInvitation() {
  const [token] = useState(tokenHere);
  const { data: me, error, isPending, refetch } = useQuery(meQuery);
  const next = '/accept-invitation';
  if (!token) {
    return (
      <AccountCard title="No invitation here">
        <Notice tone="warn">Open the link in the mail that invited you once more.</Notice>
        <ButtonLink to="/">Go to Pagekeeper</ButtonLink>
      </AccountCard>
    );
  }
  if (isPending) return null;
  if (me) return <Accept token={token} email={me.email} />;
  if (!isSignedOut(error)) {
    return (
      <AccountCard title="You are invited">
        <ProblemNotice error={error} retry={() => void refetch()} />
      </AccountCard>
    );
  }
  return (
    <AccountCard
      title="You are invited"
      lead="Create an account with the address that the invitation came to, or sign in."
    >
      <Stack>
        <ButtonLink to="/sign-up" search={{ next }}>
          Create an account
        </ButtonLink>
        <ButtonLink to="/sign-in" search={{ next }} variant="default">
          Sign in
        </ButtonLink>
      </Stack>
    </AccountCard>
  );
}

function tokenHere(): string | null {
  const token = takeToken();
  if (token) keepInvitation(token);
  return token ?? waitingInvitation();
}

function Accept({ token, email }: { token: string; email: string }) {
  const navigate = useNavigate();
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const [mailed, setMailed] = useState(false);
  const mustConfirm = error instanceof Refusal && error.code === 'email_not_verified';
  const isAnothers = error instanceof Refusal && error.code === 'forbidden';

  async function accept(): Promise<void> {
    setBusy(true);
    setError(null);
    try {
      const { slug } = await ask(api.POST('/v1/invitations/accept', { body: { token } }));
      forgetInvitation();
      queryClient.clear();
      await navigate({ to: '/organizations/$organization', params: { organization: slug } });
    } catch (refusal) {
      setError(refusal);
    } finally {
      setBusy(false);
    }
  }

  /** The invitation waits in this browser: this page offers to sign in, or to make the account. */
  async function switchPerson(): Promise<void> {
    try {
      await ask(api.POST('/auth/sign-out', { body: {} as never }));
      // All of it: nothing that was read is theirs who comes next.
      await queryClient.resetQueries();
    } catch (refusal) {
      setError(refusal);
    }
  }

  async function mailAgain(): Promise<void> {
    try {
      await ask(api.POST('/auth/send-verification-email', { body: { email, callbackURL: '/verify-email' } }));
      setMailed(true);
    } catch (refusal) {
      setError(refusal);
    }
  }

  return (
    <AccountCard
      title="Join the organization"
      lead={
        <>
          You are signed in as <bdi>{email}</bdi>.
        </>
      }
    >
      {Boolean(error) && <ProblemNotice error={error} />}
      {mustConfirm && (
        <Text size="sm">
          {mailed
            ? 'A new mail is on its way. Open its link, then come back.'
            : 'A mail with a link came when you made your account.'}{' '}
          {!mailed && (
            <Button size="compact-sm" variant="default" onClick={() => void mailAgain()}>
              Send it again
            </Button>
          )}
        </Text>
      )}
      <Button loading={busy} onClick={() => void accept()}>
        Accept the invitation
      </Button>
      {isAnothers && (
        <Button variant="default" onClick={() => void switchPerson()}>
          Use another account
        </Button>
      )}
    </AccountCard>
  );
}
