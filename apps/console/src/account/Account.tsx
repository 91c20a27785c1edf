import { Stack } from '@mantine/core';
import { PageHead } from '../shell/PageHead.tsx';
import { Leave } from './Leave.tsx';
import { useMe } from './me.ts';
import { Notices } from './Notices.tsx';
import { PasswordPart } from './PasswordPart.tsx';
import { Profile } from './Profile.tsx';
import { Sessions } from './Sessions.tsx';
import { TwoFactor } from './TwoFactor.tsx';

export function Account() {
  const me = useMe();
  return (
    <>
      <PageHead title="Your account" lead={<bdi>{me.email}</bdi>} />
      <Stack gap="xl" maw={680}>
        <Profile />
        <Notices />
        <PasswordPart />
        <TwoFactor />
        <Sessions />
        <Leave />
      </Stack>
    </>
  );
}
