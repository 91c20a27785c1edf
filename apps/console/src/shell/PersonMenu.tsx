import { Menu, Text, UnstyledButton, useMantineColorScheme } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useMe } from '../account/me.ts';
import { api, ask } from '../api.ts';
import { queryClient } from '../query-client.ts';
import { tellRefusal } from '../resource/act.tsx';
import { mayLeave } from '../resource/leaving.tsx';
import { Icon, type IconName } from './Icon.tsx';
import style from './shell.module.css';

const schemes = [
  { value: 'light', label: 'Light', icon: 'sun' },
  { value: 'dark', label: 'Dark', icon: 'moon' },
  { value: 'auto', label: 'As the system', icon: 'screen' },
] as const satisfies { value: string; label: string; icon: IconName }[];

export function PersonMenu() {
  const me = useMe();
  const navigate = useNavigate();
  const { colorScheme, setColorScheme } = useMantineColorScheme();

  async function signOut(): Promise<void> {
    if (!(await mayLeave())) return;
    try {
      await ask(api.POST('/auth/sign-out', { body: {} as never }));
    } catch (refusal) {
      // Who walks away from this computer must know.
      return tellRefusal(refusal);
    }
    await navigate({ to: '/sign-in', ignoreBlocker: true });
    queryClient.clear();
  }

  return (
    <Menu width="target" position="top-start" shadow="md">
      <Menu.Target>
        <UnstyledButton className={style.menu} aria-label={`${me.name}: account and colours`}>
          <Icon name="user" size={22} />
          <span>
            <Text truncate fw={600} size="sm" component="bdi" display="block">
              {me.name}
            </Text>
            <Text truncate size="xs" c="dimmed" component="bdi" display="block">
              {me.email}
            </Text>
          </span>
          <Icon name="dots" />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<Icon name="settings" />} onClick={() => void navigate({ to: '/account' })}>
          Your account
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>Colours</Menu.Label>
        {schemes.map(({ value, label, icon }) => (
          <Menu.Item
            key={value}
            leftSection={<Icon name={icon} />}
            rightSection={colorScheme === value ? <Icon name="check" size={16} /> : null}
            onClick={() => setColorScheme(value)}
          >
            {label}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<Icon name="out" />} onClick={() => void signOut()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
