import { Text } from '@mantine/core';
import { formatDateTime } from './format.ts';
import { sentencesOf } from './Problem.tsx';

interface OutOfDateProps {
  /** A reading, which may have failed over the data of an earlier one. */
  query: { data: unknown; error: unknown; dataUpdatedAt: number };
}

/** Says so where what is shown could not be read again, and since when. */
export function OutOfDate({ query: { data, error, dataUpdatedAt } }: OutOfDateProps) {
  if (!error || data === undefined) return null;
  const asOf = formatDateTime(new Date(dataUpdatedAt).toISOString());
  return (
    <Text size="sm" c="dimmed" role="status" mb="sm">
      Not up to date: as of {asOf}. {sentencesOf(error).title}.
    </Text>
  );
}
