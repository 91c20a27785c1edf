import { useNavigate, useSearch } from '@tanstack/react-router';
import { api, ask } from '../api.ts';
import { queryClient } from '../query-client.ts';
import { ResourceForm, textIn } from '../resource/ResourceForm.tsx';
import { AppLink } from '../shell/AppLink.tsx';
import { AccountCard } from './AccountCard.tsx';
import { ownPath } from './SignIn.tsx';

export function SignUp() {
  const { next } = useSearch({ from: '/sign-up' });
  const navigate = useNavigate();
  return (
    <AccountCard
      title="Create an account"
      lead="Keep your Facebook Pages connected and answering."
      below={
        <>
          You have an account?{' '}
          <AppLink to="/sign-in" search={{ next }} underline="always">
            Sign in
          </AppLink>
        </>
      }
    >
      <ResourceForm
        fields={[
          { name: 'name', label: 'Your name', required: true, autoComplete: 'name', maxLength: 200 },
          { name: 'email', label: 'E-mail address', kind: 'email', required: true, autoComplete: 'username' },
          newPasswordField('password', 'Password'),
        ]}
        submitLabel="Create account"
        fullWidth
        submit={async values => {
          const body = {
            name: textIn(values, 'name'),
            email: textIn(values, 'email'),
            password: String(values.password),
          };
          await ask(api.POST('/auth/sign-up/email', { body: { ...body, callbackURL: '/verify-email' } }));
          queryClient.clear();
          await navigate({ href: ownPath(next), replace: true });
        }}
      />
    </AccountCard>
  );
}

/** A password that is chosen now, with what the API asks of one. */
export const newPasswordField = (name: string, label: string) =>
  ({
    name,
    label,
    kind: 'password',
    required: true,
    autoComplete: 'new-password',
    minLength: 10,
    maxLength: 200,
    description: 'Ten characters or more.',
  }) as const;
