import { Paper, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { Brand } from '../shell/Brand.tsx';
import style from './account.module.css';

/** The frame of everything that happens before somebody is signed in. */
export function AccountCard({
  title,
  lead,
  children,
  below,
}: {
  title: string;
  lead?: ReactNode;
  children?: ReactNode;
  below?: ReactNode;
}) {
  return (
    <main className={style.page}>
      <Stack gap="xl" w="100%" maw={420}>
        <Brand />
        <Paper withBorder p={{ base: 'lg', sm: 32 }} radius="lg">
          <Stack gap="lg">
            <Stack gap={6}>
              <Title order={1}>{title}</Title>
              {lead && <Text c="dimmed">{lead}</Text>}
            </Stack>
            {children}
          </Stack>
        </Paper>
        {below && (
          <Text ta="center" size="sm" component="div">
            {below}
          </Text>
        )}
      </Stack>
    </main>
  );
}
