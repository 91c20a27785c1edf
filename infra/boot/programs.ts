import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { TestDatabase } from '@pagekeeper/testing/database';
import { argumentsFor, entryOf, repositoryFolder } from '@pagekeeper/testing/processes';

export type Variables = Record<string, string | undefined>;

/** What a process said until it ended by itself, or until it was ended after half a minute. */
export interface Ending {
  code: number | null;
  /** Of standard error, a line each. */
  sentences: string[];
  stdout: string;
  seconds: number;
}

/** The command line as one of its commands that open the database and the keys. */
const words: Record<Program, readonly string[]> = { api: [], worker: [], cli: ['keys', 'check'] };

export type Program = 'api' | 'worker' | 'cli';

let turn = 0;

/** They refuse by the same function: a quick run starts one of them for a fault, each in its turn, the thorough one all. */
export function inTurn(programs: readonly Program[]): readonly Program[] {
  if (process.env.THOROUGH === 'on') return programs;
  turn += 1;
  return [programs[turn % programs.length]!];
}

/** Starts one of our programs with just these variables and waits for its end. */
export async function run(program: Program, variables: Variables): Promise<Ending> {
  const entry = join(repositoryFolder, entryOf(program));
  const startedAt = Date.now();
  const child = spawn(process.execPath, [...argumentsFor(entry), ...words[program]], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', text => (output.stdout += text));
  child.stderr.on('data', text => (output.stderr += text));
  const timer = setTimeout(() => child.kill('SIGKILL'), 30_000);
  const code = await new Promise<number | null>(resolve => child.once('close', resolve));
  clearTimeout(timer);
  const sentences = output.stderr.split('\n').filter(line => line !== '');
  return { code, sentences, stdout: output.stdout, seconds: (Date.now() - startedAt) / 1_000 };
}

/** Everything that a production process needs, on this database. Nothing in it is reached at the start but that. */
export function productionVariables({ urls }: TestDatabase): Variables {
  const secret = () => randomBytes(32).toString('hex');
  return {
    NODE_ENV: 'production',
    DATABASE_URL: urls.app,
    AUTH_DATABASE_URL: urls.auth,
    QUEUE_DATABASE_URL: urls.queue,
    PAGEKEEPER_KEYS: `k1:${randomBytes(32).toString('base64')}`,
    AUTH_SECRET: secret(),
    PUBLIC_URL: 'https://app.example',
    PORT: '0',
    SMTP_URL: 'smtp://127.0.0.1:1',
    FACEBOOK_APP_ID: '257000000000001',
    FACEBOOK_APP_SECRET: secret(),
    FACEBOOK_VERIFY_TOKEN: secret(),
  };
}
