import { Group, Stack, Text } from '@mantine/core';
import type { components } from '@pagekeeper/client';
import { useQuery } from '@tanstack/react-query';
import { TableSkeleton } from '../resource/TableSkeleton.tsx';
import { ButtonLink } from '../shell/AppLink.tsx';
import { Checks } from '../shell/Checks.tsx';
import { formatDateTime, plural } from '../shell/format.ts';
import { Badge, type Tone } from '../shell/Notice.tsx';
import { PageHead } from '../shell/PageHead.tsx';
import { ProblemNotice } from '../shell/Problem.tsx';
import { systemQuery } from './system.ts';

type SystemData = components['schemas']['System'];

/** What everything rests on, as the operator's doctor tells it. */
export function System() {
  const { data, error, refetch } = useQuery(systemQuery);
  return (
    <>
      <PageHead
        title="System health"
        lead="What everything rests on, looked at anew every few seconds."
        action={
          <ButtonLink to="/admin/queues" variant="default">
            Queues
          </ButtonLink>
        }
      />
      {error && !data && <ProblemNotice error={error} retry={() => void refetch()} />}
      {!error && !data && <TableSkeleton />}
      {data && (
        <Stack gap="md">
          {error && <ProblemNotice error={error} />}
          <Verdict system={data} />
          <Checks label="Checks" checks={data.checks} />
        </Stack>
      )}
    </>
  );
}

function Verdict({ system: { checks, checked_at } }: { system: SystemData }) {
  const { tone, words } = verdictOf(checks);
  return (
    <Group gap="sm">
      <Badge tone={tone}>{words}</Badge>
      <Text size="sm" c="dimmed">
        as of {formatDateTime(checked_at)}
      </Text>
    </Group>
  );
}

function verdictOf(checks: SystemData['checks']): { tone: Tone; words: string } {
  const count = (state: string) => checks.filter(check => check.state === state).length;
  const [broken, odd] = [count('failed'), count('warning')];
  if (broken > 0) return { tone: 'bad', words: `${plural(broken, 'thing')} broken` };
  if (odd > 0) return { tone: 'warn', words: `${plural(odd, 'thing')} to look at` };
  return { tone: 'good', words: 'All is well' };
}
