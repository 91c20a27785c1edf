import { Menu, Text, UnstyledButton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useMe } from '../account/me.ts';
import { organizationQuery } from '../organizations/organization.ts';
import { Icon } from './Icon.tsx';
import { roleWords } from './roles.ts';
import style from './shell.module.css';

export function OrganizationSwitcher({ organization = '' }: { organization: string | undefined }) {
  const me = useMe();
  const navigate = useNavigate();
  const { data: current } = useQuery({ ...organizationQuery(organization), enabled: organization !== '' });
  const name = current?.name ?? 'Choose an organization';
  const go = (slug: string) => void navigate({ to: '/organizations/$organization', params: { organization: slug } });
  return (
    <Menu width="target" position="bottom-start" shadow="md">
      <Menu.Target>
        <UnstyledButton className={style.menu} data-boxed aria-label={`Organization: ${name}. Switch`}>
          <span className={style.letter} aria-hidden="true">
            {current ? Array.from(name)[0]?.toUpperCase() : <Icon name="home" />}
          </span>
          <span>
            <Text truncate fw={600} size="sm" component="bdi" display="block">
              {name}
            </Text>
            {current && (
              <Text size="xs" c="dimmed">
                {roleWords[current.role]}
              </Text>
            )}
          </span>
          <Icon name="chevron" />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown mah={420} style={{ overflowY: 'auto' }}>
        {me.organizations.map(({ id, name, slug }) => (
          <Menu.Item
            key={id}
            onClick={() => go(slug)}
            rightSection={id === current?.id ? <Icon name="check" size={16} /> : null}
          >
            <bdi>{name}</bdi>
          </Menu.Item>
        ))}
        {me.organizations.length > 0 && <Menu.Divider />}
        <Menu.Item onClick={() => void navigate({ to: '/organizations' })}>All my organizations</Menu.Item>
        <Menu.Item
          onClick={() => void navigate({ to: '/organizations/new' })}
          leftSection={<Icon name="plus" size={16} />}
        >
          New organization
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
