import { AccountCard } from '../account/AccountCard.tsx';
import { ButtonLink } from './AppLink.tsx';

export function NotFound() {
  return (
    <AccountCard title="There is no such page" lead="The address may be mistyped, or what was here is gone.">
      <ButtonLink to="/">Go to Pagekeeper</ButtonLink>
    </AccountCard>
  );
}
