import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { environmentWith } from '../env.ts';
import { Failure } from '../usage-error.ts';

/**
 * Runs a program of packages/testing, which makes databases and people up and is in no image, as a process of its own.
 * @returns the JSON that it prints
 * @throws Failure with what it says
 */
export async function runInCheckout<Result>(
  name: 'seed' | 'reset',
  words: readonly string[],
  variables: Readonly<Record<string, string>>,
): Promise<Result> {
  const file = fileURLToPath(new URL(`../../../../packages/testing/src/${name}.ts`, import.meta.url));
  if (!import.meta.url.endsWith('.ts') || !existsSync(file)) {
    throw new Failure('This is for development, and works in a checkout only: npm run pagekeeper -- …');
  }
  const options = { env: environmentWith(variables) };
  // Started as we were, with the same loader of TypeScript.
  const run = promisify(execFile)(process.execPath, [...process.execArgv, file, ...words], options);
  const { stdout } = await run.catch(({ stderr, message }: { stderr?: string; message: string }) => {
    throw new Failure((stderr || message).trim());
  });
  return JSON.parse(stdout);
}
