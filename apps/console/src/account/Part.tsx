import { Group, Paper, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';

/** One part of a page of settings. */
export function Part({
  title,
  badge,
  lead,
  children,
}: {
  title: string;
  badge?: ReactNode;
  lead?: string;
  children: ReactNode;
}) {
  return (
    <Paper withBorder radius="lg" p="lg">
      <Stack gap="md">
        <div>
          <Group gap="sm">
            <Title order={2} size="h3">
              {title}
            </Title>
            {badge}
          </Group>
          {lead && (
            <Text c="dimmed" mt={4}>
              {lead}
            </Text>
          )}
        </div>
        {children}
      </Stack>
    </Paper>
  );
}
