import { Paper, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';

/** Where nothing is: why, and what to do next. */
export function EmptyState({ title, detail, action }: { title: string; detail: string; action?: ReactNode }) {
  return (
    <Paper withBorder radius="lg" py={56} px="lg">
      <Stack align="center" gap="sm" ta="center">
        <Text fw={600} size="lg">
          {title}
        </Text>
        <Text c="dimmed" maw={440}>
          {detail}
        </Text>
        {action}
      </Stack>
    </Paper>
  );
}
