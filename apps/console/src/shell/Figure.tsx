import { Paper, Text } from '@mantine/core';
import style from './figure.module.css';

/** One number that is looked at. */
export function Figure({ label, value, hint }: { label: string; value: number; hint?: string }) {
  return (
    <Paper withBorder radius="lg" p="lg">
      <Text size="sm" c="dimmed">
        {label}
      </Text>
      <p className={style.figure}>{value.toLocaleString('en')}</p>
      {hint && <Text size="sm">{hint}</Text>}
    </Paper>
  );
}
