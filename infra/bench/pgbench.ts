import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Pgbench {
  file: string;
  version: string;
}

/** What to tell a person on whose machine there is none. */
export const pgbenchMissing = [
  'pgbench is missing, and without it there is nothing to compare with.',
  'It is part of PostgreSQL: apt-get install postgresql on Debian and Ubuntu, or any PostgreSQL with its bin on PATH.',
].join(' ');

/** The newest pgbench of Debian's packages, else the one on PATH; null when there is none. */
export function findPgbench(): Pgbench | null {
  for (const file of [...debianFiles(), 'pgbench']) {
    const { status, stdout } = spawnSync(file, ['--version'], { encoding: 'utf8' });
    if (status === 0) return { file, version: /\d[\d.]*/.exec(stdout)?.[0] ?? 'unknown' };
  }
  return null;
}

function debianFiles(): string[] {
  const root = '/usr/lib/postgresql';
  try {
    const versions = readdirSync(root).sort((a, b) => Number(b) - Number(a));
    return versions.map(version => join(root, version, 'bin', 'pgbench'));
  } catch {
    return [];
  }
}

export const clients = 16;
/** One thread leaves more of two cores to the server; two were not faster (RESULTS.md). */
const threads = 1;

export interface Script {
  /** pgbench's language. One transaction of these is chosen at random each time. */
  scripts: readonly string[];
  /** Sent as parameters where a script names `:name`. */
  variables: Readonly<Record<string, string>>;
  url: string;
  /** A role that the login role takes on in each session. */
  role?: string;
  seconds: number;
}

export interface PgbenchRun {
  transactions: number;
  tps: number;
}

/** Runs custom scripts with prepared statements and 16 clients. @throws Error when a transaction failed */
export async function runPgbench(pgbench: Pgbench, script: Script): Promise<PgbenchRun> {
  const folder = mkdtempSync(join(tmpdir(), 'pagekeeper-pgbench-'));
  try {
    const files = script.scripts.map((text, index) => {
      const file = join(folder, `${index}.sql`);
      writeFileSync(file, text);
      return ['-f', file];
    });
    const variables = Object.entries(script.variables).map(([name, value]) => ['-D', `${name}=${value}`]);
    const how = ['-n', '-M', 'prepared', '-c', clients, '-j', threads, '-T', script.seconds].map(String);
    const { code, output } = await execute(pgbench.file, [...how, ...variables.flat(), ...files.flat()], script);
    return readOutput(code, output);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function execute(file: string, flags: string[], { url, role }: Script): Promise<{ code: number; output: string }> {
  const { hostname, port, username, password, pathname } = new URL(url);
  const child = spawn(file, flags, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: '/usr/bin:/bin',
      LC_ALL: 'C',
      PGHOST: hostname,
      PGPORT: port || '5432',
      PGUSER: decodeURIComponent(username),
      PGPASSWORD: decodeURIComponent(password),
      PGDATABASE: decodeURIComponent(pathname.slice(1)),
      PGSSLMODE: 'disable',
      ...(role && { PGOPTIONS: `-c role=${role}` }),
    },
  });
  // It must not outlive us.
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', text => {
      output += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', code => {
      process.off('exit', kill);
      resolve({ code: code ?? 1, output });
    });
  });
}

function readOutput(code: number, output: string): PgbenchRun {
  const number = (pattern: RegExp) => Number(pattern.exec(output)?.[1] ?? Number.NaN);
  const tps = number(/tps = ([\d.]+) \(without initial connection time\)/);
  const transactions = number(/transactions actually processed: (\d+)/);
  const failed = number(/failed transactions: (\d+)/);
  if (code !== 0 || !(tps > 0) || failed > 0) throw new Error(`pgbench failed: ${output.trim().slice(-1_000)}`);
  return { transactions, tps };
}
