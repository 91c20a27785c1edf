import { text as askFor, password as askForPassword, confirm as askToConfirm, isCancel } from '@clack/prompts';
import type * as z from 'zod';
import { UsageError } from './usage-error.ts';

/** Whether somebody sits there who can be asked. */
const isAttended = (): boolean => Boolean(process.stdin.isTTY && process.stderr.isTTY);

/**
 * Asks before something that cannot be undone.
 * @throws UsageError when nobody can be asked, or says no
 */
export async function confirm(question: string, { yes }: { yes?: boolean | undefined }): Promise<void> {
  if (yes) return;
  if (!isAttended()) throw new UsageError(`${question} Say so with --yes: there is no terminal to ask on.`);
  const answer = await askToConfirm({ message: question, initialValue: false, output: process.stderr });
  if (isCancel(answer) || !answer) throw new UsageError('Nothing was done.');
}

/** Asks for a new password twice; without a terminal it is the first line of standard input. */
export async function readNewPassword(): Promise<string> {
  if (!isAttended()) return (await readStandardInput('the password')).split(/\r?\n/, 1)[0]!;
  const first = await askForPassword({ message: 'Password', output: process.stderr });
  const second = isCancel(first) ? first : await askForPassword({ message: 'Once more', output: process.stderr });
  if (isCancel(first) || isCancel(second)) throw new UsageError('Nothing was done.');
  if (first !== second) throw new UsageError('The two passwords are not the same.');
  return first;
}

/**
 * Asks for a word.
 * @param option what says it where there is no terminal to ask on
 */
export async function askForText(question: string, option: string): Promise<string> {
  if (!isAttended()) throw new UsageError(`${question}: say it with ${option}.`);
  const answer = await askFor({ message: question, output: process.stderr });
  if (isCancel(answer)) throw new UsageError('Nothing was done.');
  return answer ?? '';
}

const maxInputBytes = 1_000_000;

/** @param what it is, for the sentence where there is none */
export async function readStandardInput(what: string): Promise<string> {
  if (process.stdin.isTTY) throw new UsageError(`Pipe ${what} into standard input.`);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > maxInputBytes) throw new UsageError(`What was piped in is no such thing: ${what} is shorter.`);
  }
  const text = Buffer.concat(chunks).toString();
  if (text.trim() === '') throw new UsageError(`Pipe ${what} into standard input.`);
  return text;
}

/**
 * What was typed, checked by the same schema as a request's.
 * @throws UsageError with a sentence for each fault
 */
export function parseInput<Schema extends z.ZodType>(schema: Schema, input: Record<string, unknown>): z.output<Schema> {
  const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new UsageError(parsed.error.issues.map(describeIssue).join('\n'));
}

function describeIssue({ path, message }: { path: PropertyKey[]; message: string }): string {
  const name = path.join('.').replaceAll('_', '-');
  return `${name ? `${name}: ` : ''}${message}${/[.!]$/.test(message) ? '' : '.'}`;
}
