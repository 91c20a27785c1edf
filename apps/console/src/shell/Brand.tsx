import { Group, Text } from '@mantine/core';
import icon from './icon.svg';

export function Brand() {
  return (
    <Group gap={10} wrap="nowrap">
      <img src={icon} alt="" width={28} height={28} />
      <Text fw={650} size="lg">
        Pagekeeper
      </Text>
    </Group>
  );
}
