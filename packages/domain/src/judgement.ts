/** What a look at one part of the system found: for `pagekeeper doctor`, and for staff in the console. */
export interface Judgement {
  state: 'ok' | 'warning' | 'failed';
  /** In words, without a secret. */
  detail: string;
  /** What mends it; nothing where all is well. */
  fix?: string;
}

export const well = (detail: string): Judgement => ({ state: 'ok', detail });
export const warning = (detail: string, fix: string): Judgement => ({ state: 'warning', detail, fix });
export const failed = (detail: string, fix: string): Judgement => ({ state: 'failed', detail, fix });

/** "1 job", "2,000 jobs". */
export const counted = (count: number, noun: string): string =>
  `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
