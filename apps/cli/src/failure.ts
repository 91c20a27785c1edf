import { BootRefused } from '@pagekeeper/domain/boot-checks';
import { errorCode, isDatabaseUnavailable } from '@pagekeeper/domain/database/errors';
import { DomainError } from '@pagekeeper/domain/errors';
import { blankTokens } from '@pagekeeper/runtime/log';
import { CommanderError } from 'commander';
import { UsageError } from './usage-error.ts';

/** How a command ended: a sentence for standard error, and the exit code. */
export interface Ending {
  code: 0 | 1 | 2;
  sentence: string;
}

/** The end that an error means: wrong input is 2, whatever else went wrong is 1. Names no secret. */
export function endingOf(error: unknown): Ending {
  if (error instanceof CommanderError) return endingOfCommander(error);
  if (error instanceof UsageError) return { code: 2, sentence: error.message };
  if (error instanceof BootRefused) return { code: 1, sentence: error.message };
  if (error instanceof DomainError) {
    return {
      code: error.code === 'invalid_request' ? 2 : 1,
      sentence: [error.message, ...detailsOf(error)].join('\n'),
    };
  }
  return { code: 1, sentence: blankTokens(describe(error)) };
}

function endingOfCommander(error: CommanderError): Ending {
  // Help and the version that somebody asked for are no fault.
  if (error.exitCode === 0) return { code: 0, sentence: '' };
  if (error.code === 'commander.help') return { code: 2, sentence: '' };
  const fault = error.message.replace(/^error: /, '');
  return { code: 2, sentence: `${fault.charAt(0).toUpperCase()}${fault.slice(1)}${/[.)?]$/.test(fault) ? '' : '.'}` };
}

const detailsOf = ({ errors }: DomainError): string[] =>
  errors.map(({ pointer, detail }) => `${pointer.replace(/^\//, '')}: ${detail}`);

function describe(error: unknown): string {
  const code = errorCode(error);
  if (code === '28P01') return 'A database refuses the password. pagekeeper doctor says which.';
  if (isDatabaseUnavailable(error)) {
    return `A database cannot be reached (${code ?? 'no connection'}). pagekeeper doctor says which.`;
  }
  if (code === '3D000') return 'There is no such database. Make it with pagekeeper roles.';
  const { message } = (error ?? {}) as { message?: unknown };
  // Of a failed query, what the database says; not the query.
  const words = String(message || error)
    .split(' - ')
    .at(-1)!;
  return words.split('\n', 1)[0]!;
}
