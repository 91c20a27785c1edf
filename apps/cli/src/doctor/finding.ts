import { errorCode } from '@pagekeeper/domain/database/errors';
import { blankTokens } from '@pagekeeper/runtime/log';

/** What one look found. */
export interface Finding {
  what: string;
  state: 'ok' | 'warning' | 'failed';
  detail: string;
  /** What mends it; nothing where all is well. */
  fix?: string;
}

export const well = (what: string, detail: string): Finding => ({ what, state: 'ok', detail });
export const warning = (what: string, detail: string, fix: string): Finding => ({
  what,
  state: 'warning',
  detail,
  fix,
});
export const failed = (what: string, detail: string, fix: string): Finding => ({ what, state: 'failed', detail, fix });

/** Why something could not be reached, without a password or a token. */
export function reasonOf(error: unknown): string {
  const { message } = error as Error;
  const code = errorCode(error);
  return blankTokens(message || code || 'no answer').split('\n', 1)[0]!;
}
