import { Skeleton, Stack } from '@mantine/core';

/** What stands where a page will be. */
export function PageSkeleton() {
  return (
    <Stack gap="lg" role="status" aria-label="Loading">
      <Skeleton height={32} width={220} />
      <Skeleton height={110} radius="lg" />
      <Skeleton height={220} radius="lg" />
    </Stack>
  );
}
