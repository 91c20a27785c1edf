import { spawn } from 'node:child_process';
import { environmentWith, readVariables, type VariableName } from '../env.ts';
import { Failure, UsageError } from '../usage-error.ts';
import { shellRoles } from './shell-roles.ts';

const variables = {
  app: 'DATABASE_URL',
  owner: 'MIGRATION_DATABASE_URL',
  auth: 'AUTH_DATABASE_URL',
  queue: 'QUEUE_DATABASE_URL',
  admin: 'ADMIN_DATABASE_URL',
} as const satisfies Record<(typeof shellRoles)[number], VariableName>;

/** Opens psql. What it needs to know stands in its environment: a command line is everybody's to read. */
export async function openShell({ role, words }: { role: string; words: string[] }): Promise<void> {
  const name = variables[role as keyof typeof variables];
  if (!name) throw new UsageError(`The role must be one of ${shellRoles.join(', ')}.`);
  const url = readVariables(name)[name];
  if (!url) throw new UsageError(`${name} is not set.`);
  const child = spawn('psql', words, { stdio: 'inherit', env: environmentWith(psqlVariables(url)) });
  // Ctrl-C ends a query there, not us.
  process.on('SIGINT', () => {});
  process.exitCode = await new Promise<number>((resolve, reject) => {
    child.once('error', () => reject(new Failure(withoutPsql(url))));
    child.once('close', code => resolve(code === 0 ? 0 : 1));
  });
}

/** libpq's variables for a URL, its parameters too. */
function psqlVariables(url: string): Record<string, string> {
  const { hostname, port, username, password, pathname, searchParams } = new URL(url);
  const mode = searchParams.get('sslmode');
  const given = {
    PGHOST: hostname.replace(/^\[(.*)\]$/, '$1'),
    PGPORT: port || '5432',
    PGUSER: decodeURIComponent(username),
    PGPASSWORD: decodeURIComponent(password),
    PGDATABASE: decodeURIComponent(pathname.slice(1)),
    // libpq has no such word, and means the same by `require`.
    PGSSLMODE: mode === 'no-verify' ? 'require' : (mode ?? ''),
    PGSSLROOTCERT: searchParams.get('sslrootcert') ?? '',
    PGAPPNAME: 'pagekeeper db:shell',
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''));
}

function withoutPsql(url: string): string {
  const { hostname, port, username, pathname } = new URL(url);
  return `There is no psql on PATH: install PostgreSQL's client. The database is ${username}@${hostname}:${port || 5432}${pathname}.`;
}
