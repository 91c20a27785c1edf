import { Group, Stack, Text, Title } from '@mantine/core';
import { type ReactNode, useEffect } from 'react';

interface PageHeadProps {
  title: ReactNode;
  /** Of the window, where the title is more than words. */
  name?: string;
  lead?: ReactNode;
  action?: ReactNode;
}

/** What a page is, and the one thing that is done there most. */
export function PageHead({ title, name, lead, action }: PageHeadProps) {
  const shown = name ?? (typeof title === 'string' ? title : '');
  useEffect(() => {
    document.title = `${shown} – Pagekeeper`;
  }, [shown]);
  return (
    <Group justify="space-between" align="flex-start" mb="lg" gap="md">
      <Stack gap={4} miw={0} maw={660}>
        <Title order={1}>{title}</Title>
        {lead && (
          <Text c="dimmed" component="div">
            {lead}
          </Text>
        )}
      </Stack>
      {action}
    </Group>
  );
}
