import { Paper, Text } from '@mantine/core';
import type { components } from '@pagekeeper/client';
import { useQuery } from '@tanstack/react-query';
import { useSlug } from '../organizations/organization.ts';
import { TableSkeleton } from '../resource/TableSkeleton.tsx';
import { sentence } from '../shell/format.ts';
import { Icon } from '../shell/Icon.tsx';
import type { Tone } from '../shell/Notice.tsx';
import { ProblemNotice } from '../shell/Problem.tsx';
import style from './integration.module.css';
import { healthQuery } from './integration.ts';

type Check = components['schemas']['Health']['checks'][number];

const tones: Record<Check['state'], Tone> = { ok: 'good', warning: 'warn', failed: 'bad', unknown: 'idle' };
const said: Record<Check['state'], string> = {
  ok: 'Good',
  warning: 'Look at this',
  failed: 'Broken',
  unknown: 'Unknown',
};

/** The connection doctor: one line per check, each with its fix. */
export function Doctor({ integration }: { integration: string }) {
  const organization = useSlug();
  const { data, error, refetch } = useQuery(healthQuery(organization, integration));
  if (error && !data) return <ProblemNotice error={error} retry={() => void refetch()} />;
  if (!data) return <TableSkeleton />;
  return (
    <Paper withBorder radius="lg">
      <ul className={style.checks}>
        {data.checks.map(check => (
          <li key={check.check} data-tone={tones[check.state]}>
            <span className={style.sign}>
              <Icon name={tones[check.state]} size={22} />
            </span>
            <div>
              <Text fw={600}>
                {sentence(check.check)}
                <span className={style.said}>{said[check.state]}</span>
              </Text>
              <Text size="sm" c="dimmed">
                {check.detail}
              </Text>
              {check.fix && <Text size="sm">{check.fix}</Text>}
            </div>
          </li>
        ))}
      </ul>
    </Paper>
  );
}
