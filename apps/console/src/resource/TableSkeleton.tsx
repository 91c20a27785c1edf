import { Paper, Skeleton, Stack } from '@mantine/core';

export function TableSkeleton() {
  return (
    <Paper withBorder radius="lg" p="lg">
      <Stack gap="md">
        {['100%', '92%', '96%', '88%'].map(width => (
          <Skeleton key={width} height={22} width={width} />
        ))}
      </Stack>
    </Paper>
  );
}
