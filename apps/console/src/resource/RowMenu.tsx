import { ActionIcon, Menu } from '@mantine/core';
import { Icon, type IconName } from '../shell/Icon.tsx';

export interface RowAction {
  label: string;
  icon?: IconName;
  isGrave?: boolean;
  run(): unknown;
}

/** What can be done with a row. Nothing is shown where nothing can be. */
export function RowMenu({ label, actions }: { label: string; actions: readonly (RowAction | false)[] }) {
  const possible = actions.filter(action => action !== false);
  if (possible.length === 0) return null;
  return (
    <Menu position="bottom-end" shadow="md" withinPortal>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={`What to do with ${label}`}>
          <Icon name="dots" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {possible.map(({ label, icon, isGrave = false, run }) => (
          <Menu.Item
            key={label}
            {...(isGrave && { c: 'var(--bad)' })}
            leftSection={icon && <Icon name={icon} size={16} />}
            onClick={() => void run()}
          >
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
