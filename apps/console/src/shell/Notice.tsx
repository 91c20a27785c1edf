import { Box, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { Icon } from './Icon.tsx';
import style from './status.module.css';

export type Tone = 'good' | 'warn' | 'bad' | 'idle' | 'info';

interface NoticeProps {
  tone: Tone;
  title?: string;
  role?: 'alert' | 'status';
  children?: ReactNode;
}

/** A box that says how things are: by colour, sign and words. */
export function Notice({ tone, title, role, children }: NoticeProps) {
  return (
    <div className={style.notice} data-tone={tone} role={role}>
      <Icon name={tone} size={20} />
      <Box miw={0} flex={1}>
        {title && <Text fw={600}>{title}</Text>}
        <div className={style.body}>{children}</div>
      </Box>
    </div>
  );
}

/** A state in one or two words. */
export function Badge({ tone, children }: { tone: Tone; children: ReactNode }) {
  return (
    <span className={style.badge} data-tone={tone}>
      <Icon name={tone} size={15} />
      {children}
    </span>
  );
}
