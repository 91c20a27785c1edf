import { Paper, Text } from '@mantine/core';
import style from './checks.module.css';
import { sentence } from './format.ts';
import { Icon } from './Icon.tsx';
import type { Tone } from './Notice.tsx';

export interface Check {
  check: string;
  state: 'ok' | 'warning' | 'failed' | 'unknown';
  detail: string;
  fix: string | null;
}

const tones: Record<Check['state'], Tone> = { ok: 'good', warning: 'warn', failed: 'bad', unknown: 'idle' };
const said: Record<Check['state'], string> = {
  ok: 'Good',
  warning: 'Look at this',
  failed: 'Broken',
  unknown: 'Unknown',
};

/** One line per thing that must be right, each with what mends it. */
export function Checks({ checks, label }: { checks: readonly Check[]; label: string }) {
  return (
    <Paper withBorder radius="lg">
      <ul className={style.checks} aria-label={label}>
        {checks.map(({ check, state, detail, fix }) => (
          <li key={check} data-tone={tones[state]}>
            <span className={style.sign}>
              <Icon name={tones[state]} size={22} />
            </span>
            <div>
              <Text fw={600}>
                {sentence(check)}
                <span className={style.said}>{said[state]}</span>
              </Text>
              <Text size="sm" c="dimmed">
                {detail}
              </Text>
              {fix && <Text size="sm">{fix}</Text>}
            </div>
          </li>
        ))}
      </ul>
    </Paper>
  );
}
