import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { argumentsFor, entryOf, repositoryFolder } from '@pagekeeper/testing/processes';
import { expect } from 'vitest';

export interface Run {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  /** All it gets, beside PATH and HOME. */
  env?: Readonly<Record<string, string | undefined>>;
  input?: string;
  /** The folder it is typed in. */
  cwd?: string;
  /** As commands for development must be, which run the sources around them. */
  fromSource?: boolean;
  /** Called with each piece of what it writes to standard error. */
  onNote?: (text: string, child: ChildProcess) => void;
}

/** Types a command, on no terminal, and waits for its end. */
export async function pagekeeper(words: readonly string[], options: RunOptions = {}): Promise<Run> {
  const flags = argumentsFor(join(repositoryFolder, options.fromSource ? 'apps/cli/src/main.ts' : entryOf('cli')));
  const child = spawn(process.execPath, [...flags, ...words], {
    cwd: options.cwd ?? repositoryFolder,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, NODE_ENV: 'test', ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const run: Run = { code: null, stdout: '', stderr: '' };
  child.stdout.on('data', text => (run.stdout += text));
  child.stderr.on('data', text => {
    run.stderr += text;
    options.onNote?.(String(text), child);
  });
  // A command that reads nothing may be gone by now.
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  run.code = await new Promise(resolve => child.once('close', resolve));
  // A sentence, whatever happens: never a stack.
  expect(run.stdout + run.stderr).not.toMatch(/\n\s+at /);
  return run;
}

/** The same, for a command that must succeed: the JSON that it prints. */
export async function pagekeeperJson(words: readonly string[], options: RunOptions = {}): Promise<any> {
  const { code, stdout, stderr } = await pagekeeper([...words, '--json'], options);
  expect([code, stderr]).toEqual([0, expect.anything()]);
  return JSON.parse(stdout);
}
