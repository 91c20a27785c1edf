import { Anchor, Stack } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { api, ask } from '../api.ts';
import { isSignedOut, queryClient } from '../query-client.ts';
import { ResourceForm, textIn, type Values } from '../resource/ResourceForm.tsx';
import { AppLink } from '../shell/AppLink.tsx';
import { Notice } from '../shell/Notice.tsx';
import { AccountCard } from './AccountCard.tsx';

export function SignIn() {
  const { next } = useSearch({ from: '/sign-in' });
  const navigate = useNavigate();
  const [step, setStep] = useState<'password' | 'code' | 'late'>('password');

  async function enter(): Promise<void> {
    queryClient.clear();
    await navigate({ href: ownPath(next), replace: true });
  }

  if (step === 'code') {
    return <SecondStep enter={enter} back={() => setStep('password')} tooLate={() => setStep('late')} />;
  }
  return (
    <AccountCard
      title="Sign in"
      below={
        <>
          New here?{' '}
          <AppLink to="/sign-up" search={{ next }} underline="always">
            Create an account
          </AppLink>
        </>
      }
    >
      {step === 'late' && (
        <Notice tone="warn" title="That took too long" role="alert">
          Sign in once more.
        </Notice>
      )}
      <ResourceForm
        fields={[
          { name: 'email', label: 'E-mail address', kind: 'email', required: true, autoComplete: 'username' },
          { name: 'password', label: 'Password', kind: 'password', required: true, autoComplete: 'current-password' },
        ]}
        submitLabel="Sign in"
        fullWidth
        submit={async values => {
          const body = { email: textIn(values, 'email'), password: String(values.password) };
          const answer = await ask(api.POST('/auth/sign-in/email', { body }));
          if ('twoFactorRedirect' in answer) setStep('code');
          else await enter();
        }}
      />
      <AppLink to="/forgot-password">Forgot your password?</AppLink>
    </AccountCard>
  );
}

interface SecondStepProps {
  enter(): Promise<void>;
  back(): void;
  tooLate(): void;
}

function SecondStep({ enter, back, tooLate }: SecondStepProps) {
  const [kind, setKind] = useState<'app' | 'backup'>('app');
  const path = kind === 'app' ? '/auth/two-factor/verify-totp' : '/auth/two-factor/verify-backup-code';
  return (
    <AccountCard
      title="One more step"
      lead={
        kind === 'app'
          ? 'Type the six digits that your authenticator app shows.'
          : 'Type one of the backup codes that you kept. It works once.'
      }
    >
      <ResourceForm
        key={kind}
        fields={[
          {
            name: 'code',
            label: kind === 'app' ? 'Code' : 'Backup code',
            kind: kind === 'app' ? 'code' : 'text',
            required: true,
          },
        ]}
        submitLabel="Go on"
        fullWidth
        submit={async (values: Values) => {
          try {
            await ask(api.POST(path, { body: { code: textIn(values, 'code') } }));
          } catch (error) {
            // The password is forgotten ten minutes after it was typed.
            if (!isSignedOut(error)) throw error;
            tooLate();
            return;
          }
          await enter();
        }}
      />
      <Stack gap="xs" align="flex-start">
        <Anchor component="button" type="button" onClick={() => setKind(kind === 'app' ? 'backup' : 'app')}>
          {kind === 'app' ? 'Use a backup code instead' : 'Use the authenticator app instead'}
        </Anchor>
        <Anchor component="button" type="button" onClick={back}>
          Sign in as somebody else
        </Anchor>
      </Stack>
    </AccountCard>
  );
}

/** Only ever to a page of ours, whatever the address says. */
export function ownPath(next: string | undefined): string {
  const target = new URL(next ?? '/', location.origin);
  return target.origin === location.origin ? `${target.pathname}${target.search}${target.hash}` : '/';
}
