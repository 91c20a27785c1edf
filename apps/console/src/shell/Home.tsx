import { redirect, useSearch } from '@tanstack/react-router';
import { AccountCard } from '../account/AccountCard.tsx';
import { meQuery } from '../account/me.ts';
import { organizationFor } from '../organizations/organization.ts';
import { isSignedOut, queryClient } from '../query-client.ts';
import { ButtonLink } from './AppLink.tsx';
import { Notice } from './Notice.tsx';

/** Where mails end that programs asked for (`result`), and where everybody else begins. */
export async function goHome(result: string | undefined): Promise<void> {
  if (result === 'email_verified') throw redirect({ to: '/verify-email', search: { result } });
  if (result === 'choose_password') {
    throw redirect({ to: '/reset-password', search: { result }, hash: location.hash.slice(1) });
  }
  if (result) return;
  const me = await queryClient.ensureQueryData(meQuery).catch(error => {
    throw isSignedOut(error) ? redirect({ to: '/sign-in' }) : error;
  });
  const organization = organizationFor(me);
  if (organization) throw redirect({ to: '/organizations/$organization', params: { organization } });
  throw redirect({ to: me.is_staff ? '/admin' : '/organizations/new' });
}

export function Landing() {
  const { result } = useSearch({ from: '/' });
  return (
    <AccountCard title={result === 'invalid_link' ? 'This link does not work' : 'Pagekeeper'}>
      <Notice tone="warn">It was used already, or is too old. Please ask for a new one.</Notice>
      <ButtonLink to="/">Go to Pagekeeper</ButtonLink>
    </AccountCard>
  );
}
