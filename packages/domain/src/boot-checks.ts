import { checkQueue } from '@pagekeeper/queue/check-queue';
import type { QueueConnection } from '@pagekeeper/queue/queue';
import { inTime } from '@pagekeeper/runtime/in-time';
import { blankTokens, type Log } from '@pagekeeper/runtime/log';
import { type Database, knexOf } from './database/database.ts';
import { errorCode, isDatabaseUnavailable } from './database/errors.ts';
import { clockSkew, type ExaminedServer, examineServer, isSound } from './database/examine-server.ts';
import { findOpenTables } from './database/examine-tables.ts';
import { compareMigrations, latestMigration } from './database/migrations/index.ts';
import { loginRoles } from './database/roles.ts';
import type { KeyRing } from './vault/key-ring.ts';
import { checkKeyRing } from './vault/open-vault.ts';

/** A process must not start like this. One sentence for the operator per fault. */
export class BootRefused extends Error {
  override name = 'BootRefused';
  readonly faults: readonly string[];

  constructor(...faults: string[]) {
    super(faults.join('\n'));
    this.faults = faults;
  }
}

/** What each URL must log in as. */
const expectedRoles = {
  DATABASE_URL: loginRoles.app,
  AUTH_DATABASE_URL: loginRoles.auth,
  QUEUE_DATABASE_URL: loginRoles.queue,
} as const;

type UrlName = keyof typeof expectedRoles;

export interface BootSubject {
  /** The pool of DATABASE_URL. */
  database: Database;
  /** Every URL of a database that the process has. */
  urls: { DATABASE_URL: string } & { [Name in UrlName]?: string | undefined };
  /** For a process that opens sealed values. */
  ring?: KeyRing;
  /** For a process that uses the queue. */
  queue?: QueueConnection;
  production: boolean;
  /** Hears what is odd and no reason to stop. */
  log?: Log;
}

/** Node and our code take the rest of the five seconds in which a wrong start has to end. */
const deadlineMs = 3_000;

/**
 * Refuses everything that this process could not keep its promises with: roles that row level security would not hold,
 * tables that it does not guard, a schema of another release, keys that are not this database's, a queue that may lose
 * jobs, clocks apart, and a moved clock in production. Looks only, and writes nothing.
 * @throws BootRefused with one sentence per fault
 */
export async function checkBoot(subject: BootSubject): Promise<void> {
  const faults = await findFaults(subject, Date.now() + deadlineMs);
  if (faults.length > 0) throw new BootRefused(...faults);
}

/** The same for a command that uses this one URL alone. @throws BootRefused */
export async function checkRole(name: UrlName, url: string): Promise<void> {
  const { faults } = await examine(name, url, Date.now() + deadlineMs);
  if (faults.length > 0) throw new BootRefused(...faults);
}

async function findFaults(subject: BootSubject, deadline: number): Promise<string[]> {
  const { urls } = subject;
  const [app, auth, queue] = await Promise.all([
    lookAtApp(subject, deadline),
    urls.AUTH_DATABASE_URL === undefined ? null : examine('AUTH_DATABASE_URL', urls.AUTH_DATABASE_URL, deadline),
    lookAtQueue(subject, deadline),
  ]);
  const faults = [...app.faults, ...(auth?.faults ?? []), ...queue];
  if (app.found && auth?.found && app.found.database !== auth.found.database) {
    faults.push(
      `AUTH_DATABASE_URL leads to the database ${auth.found.database}, DATABASE_URL to ${app.found.database}.`,
    );
  }
  return faults;
}

interface Examined {
  found: ExaminedServer | null;
  faults: string[];
}

/** The server, and where its role is the one that it is meant for, what is in the database. */
async function lookAtApp(subject: BootSubject, deadline: number): Promise<Examined> {
  const { found, faults } = await examine('DATABASE_URL', subject.urls.DATABASE_URL, deadline);
  if (!found) return { found, faults };
  const all = [...faults, ...judgeServer(found, subject.log)];
  if (faults.length > 0) return { found, faults: all };
  const inside = lookInside(subject).catch(error => [`The database at DATABASE_URL ${whyNot(error)}.`]);
  return {
    found,
    faults: [...all, ...(await inTime(inside, deadline - Date.now(), [silent('database', 'DATABASE_URL')]))],
  };
}

/** Where Postgres carries the queue, its role first. */
async function lookAtQueue({ urls, queue, production, log }: BootSubject, deadline: number): Promise<string[]> {
  const url = urls.QUEUE_DATABASE_URL;
  const faults = url === undefined ? [] : (await examine('QUEUE_DATABASE_URL', url, deadline)).faults;
  if (!queue || faults.length > 0) return faults;
  const checked = checkQueue(queue, { production, ...(log && { log }) });
  return await inTime(
    checked.then(
      () => [],
      error => [(error as Error).message],
    ),
    deadline - Date.now(),
    [silent('queue', queue.type === 'redis' ? 'REDIS_URL' : 'QUEUE_DATABASE_URL')],
  );
}

const silent = (what: string, name: string) => `The ${what} at ${name} does not answer.`;

async function examine(name: UrlName, url: string, deadline: number): Promise<Examined> {
  const wanted = expectedRoles[name];
  try {
    const found = await inTime(examineServer(url, deadlineMs), deadline - Date.now(), null);
    if (!found) return { found, faults: [silent('database', name)] };
    const { role, power } = found;
    if (power) {
      const which = `${name} logs in as ${role}, which ${power}`;
      return { found, faults: [`${which}: row level security would not hold it. Use the URL of ${wanted}.`] };
    }
    return { found, faults: role === wanted ? [] : [`${name} logs in as ${role}, not as ${wanted}.`] };
  } catch (error) {
    return { found: null, faults: [`The database at ${name} ${whyNot(error)}.`] };
  }
}

function whyNot(error: unknown): string {
  const code = errorCode(error);
  const { message } = error as Error;
  if (/timeout/i.test(message) && !code) return 'does not answer';
  if (code === '28P01' || code === '28000') return 'refuses the login';
  if (isDatabaseUnavailable(error)) return `cannot be reached (${code ?? message})`;
  if (code === '3D000') return 'does not exist: pagekeeper roles makes it';
  return `cannot be used (${code ?? blankTokens(message).split('\n', 1)[0]})`;
}

function judgeServer({ version, clockAheadMs }: ExaminedServer, log?: Log): string[] {
  const faults = [];
  if (!isSound(version)) {
    faults.push(
      `The database at DATABASE_URL is PostgreSQL ${version}: row level security has known holes before 15.14, 16.10 and 17.6.`,
    );
  }
  const skewMs = Math.abs(clockAheadMs);
  const seconds = Math.round(skewMs / 1_000);
  if (skewMs > clockSkew.refuseMs) {
    faults.push(`The clocks of this machine and of the database are ${seconds} seconds apart: let NTP set both.`);
  } else if (skewMs > clockSkew.warnMs) log?.warn({ seconds }, 'the clocks of this machine and of the database differ');
  return faults;
}

async function lookInside({ database, ring, production }: BootSubject): Promise<string[]> {
  const schema = await findSchemaFault(database);
  // Of another schema nothing else could be said.
  if (schema) return [schema];
  const faults = await findOpenTables(database);
  if (ring) {
    await checkKeyRing(database, ring).catch(error => {
      faults.push((error as Error).message);
    });
  }
  if (production && (await isClockMoved(database))) {
    faults.push('The database clock is moved (app.clock), which is for tests only.');
  }
  return faults;
}

async function findSchemaFault(database: Database): Promise<string | null> {
  const { missing, unknown } = compareMigrations(await readMigrationNames(database));
  if (missing.length > 0) return lacks(missing.at(-1)!);
  if (unknown.length === 0) return null;
  return `The database has the migration ${unknown.at(-1)}, which is newer than this release. Start that release instead.`;
}

async function readMigrationNames(database: Database): Promise<string[]> {
  const rows = await knexOf(database)('migrations')
    .select('name')
    .orderBy('id')
    .catch(error => {
      if (errorCode(error) === '42P01') return [];
      throw error;
    });
  return rows.map(({ name }: { name: string }) => name);
}

const lacks = (migration: string) => `The database lacks the migration ${migration}. Run the migrations first.`;

/**
 * What readiness asks of a process that runs: a newer schema is no fault of its own, as migrations only add what
 * running releases need not know.
 * @throws BootRefused when the newest migration is missing
 */
export async function checkSchema(database: Database): Promise<void> {
  const newest = latestMigration();
  const found = await knexOf(database)('migrations')
    .where({ name: newest })
    .first('name')
    .catch(error => {
      if (errorCode(error) === '42P01') return undefined;
      throw error;
    });
  if (!found) throw new BootRefused(lacks(newest));
}

async function isClockMoved(database: Database): Promise<boolean> {
  const { rows } = await knexOf(database).raw(`select clock_offset <> '0' as moved from app.clock`);
  return rows[0]?.moved === true;
}
