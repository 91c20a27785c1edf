import { errorCode } from '@pagekeeper/domain/database/errors';
import * as judgement from '@pagekeeper/domain/judgement';
import { blankTokens } from '@pagekeeper/runtime/log';

/** What one look found. */
export interface Finding extends judgement.Judgement {
  what: string;
}

export const well = (what: string, detail: string): Finding => ({ what, ...judgement.well(detail) });
export const warning = (what: string, detail: string, fix: string): Finding => ({
  what,
  ...judgement.warning(detail, fix),
});
export const failed = (what: string, detail: string, fix: string): Finding => ({
  what,
  ...judgement.failed(detail, fix),
});

/** Why something could not be reached, without a password or a token. */
export function reasonOf(error: unknown): string {
  const { message, code } = error as { message?: string; code?: number | string | null };
  const said = blankTokens(message || errorCode(error) || 'no answer').split('\n', 1)[0]!;
  // Facebook's codes say which it is; others name themselves.
  return typeof code === 'number' ? `${said} (code ${code})` : said;
}
