import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Natives } from './postgres/natives.ts';
import { nativeEnvironment, prepareNatives } from './postgres/natives.ts';
import { endOrphan, readPostmasterFile, stopServer } from './postgres/orphan.ts';
import type { Place } from './postgres/place.ts';
import { asUser, giveTo, makeFolder, placeData } from './postgres/place.ts';
import { takeLock } from './system/lock.ts';
import { freePort } from './system/ports.ts';

export interface PostgresOptions {
  /** A folder of our own: lock, password and server log lie in it, and (unless we are root) the data. */
  dataDirectory: string;
  /** Default: a free one. */
  port?: number;
  /** Takes what a person may want to know, one sentence a call. */
  log?: (line: string) => void;
  /** Configuration parameters of the server, such as `max_connections`. */
  settings?: Readonly<Record<string, string | number>>;
}

export interface RunningPostgres {
  /** The superuser's URL of the database `postgres`. */
  adminUrl: string;
  port: number;
  pid: number;
  /** Settles when the server has gone, for whatever reason. */
  exited: Promise<void>;
  /** Stops the server and gives the data directory free. May be called twice. */
  stop(): Promise<void>;
}

/**
 * Starts a Postgres on 127.0.0.1 from the binaries that npm installed, making its data the first time. One server
 * per data directory: a live one of another process is refused, an orphan of a dead process is ended first.
 * Throws an Error whose message is a sentence for the person who started us.
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  makeFolder(options.dataDirectory);
  const lock = takeLock(join(options.dataDirectory, 'lock'));
  if (!lock.taken) {
    throw new Error(`The Postgres data in ${options.dataDirectory} are in use by process ${lock.holder.pid}.`);
  }
  try {
    const place = placeData(options.dataDirectory);
    if (place.lost) options.log?.(`The data in ${place.lost} are gone; Postgres begins with empty ones.`);
    const natives = prepareNatives(place.runAs);
    if (existsSync(place.data)) await endOrphan(place.data, options.log);
    const password = preparePassword(options.dataDirectory, place);
    initialiseOnce(place, natives, password);
    const server = await launch(place, natives, options);
    let stopped: Promise<void> | undefined;
    const stop = () => {
      stopped ??= stopServer(server.pid).finally(() => lock.release());
      return stopped;
    };
    return { ...server, adminUrl: `postgres://postgres:${password}@127.0.0.1:${server.port}/postgres`, stop };
  } catch (error) {
    lock.release();
    throw error;
  }
}

function preparePassword(dataDirectory: string, place: Place): string {
  const file = join(dataDirectory, 'superuser-password');
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  if (existsSync(place.data)) {
    throw new Error(`${file} is missing, and without it the data in ${place.data} cannot be opened.`);
  }
  const password = randomBytes(24).toString('hex');
  writeFileSync(file, `${password}\n`, { mode: 0o600, flag: 'wx' });
  return password;
}

/** Runs initdb into a new name and renames it, so that an interrupted one leaves nothing that looks like data. */
function initialiseOnce(place: Place, natives: Natives, password: string): void {
  if (existsSync(place.data)) {
    checkVersion(place, natives);
    return;
  }
  for (const name of readdirSync(place.directory)) {
    if (name.startsWith('data.new')) rmSync(join(place.directory, name), { recursive: true, force: true });
  }
  const fresh = `${place.data}.new`;
  const passwordFile = `${place.data}.new-password`;
  mkdirSync(fresh, { mode: 0o700 });
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  try {
    giveTo(place.runAs, fresh);
    giveTo(place.runAs, passwordFile);
    runInitdb(natives, place, fresh, passwordFile);
  } finally {
    rmSync(passwordFile, { force: true });
  }
  renameSync(fresh, place.data);
}

function runInitdb(natives: Natives, place: Place, data: string, passwordFile: string): void {
  const initdb = spawnSync(
    natives.initdb,
    [
      `--pgdata=${data}`,
      `--pwfile=${passwordFile}`,
      '--username=postgres',
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      // The builtin provider needs no locale of the operating system, and sorts the same everywhere.
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--locale=C',
      '--no-instructions',
    ],
    // As nobody the folder we were started in may be out of reach, and initdb insists on knowing where it is.
    { env: nativeEnvironment, cwd: place.directory, encoding: 'utf8', timeout: 120_000, ...asUser(place.runAs) },
  );
  if (initdb.status === 0) return;
  const reason = initdb.error?.message ?? lastLine(initdb.stderr);
  throw new Error(`Postgres could not make its data in ${place.directory}: ${reason}`);
}

function checkVersion(place: Place, natives: Natives): void {
  const made = readFileSync(join(place.data, 'PG_VERSION'), 'utf8').trim();
  if (made === natives.majorVersion) return;
  throw new Error(
    `The data in ${place.data} were made by Postgres ${made}, this is ${natives.majorVersion}: move them away to begin anew.`,
  );
}

type Server = Pick<RunningPostgres, 'pid' | 'port' | 'exited'>;

async function launch(place: Place, natives: Natives, options: PostgresOptions): Promise<Server> {
  const logFile = join(options.dataDirectory, 'server.log');
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port ?? (await freePort());
    const server = spawnServer(place, natives, { port, logFile, settings: options.settings });
    if (await becomesReady(server, place.data)) return { ...server, port };
    const tail = readFileSync(logFile, 'utf8');
    // Somebody took the port since we looked, or backends of a killed server have not noticed its death yet.
    const mayPass = (/Address already in use/.test(tail) && options.port === undefined) || /still in use/.test(tail);
    if (attempt >= 5 || !mayPass) throw new Error(explainFailure(tail, port, logFile));
    await sleep(200);
  }
}

interface Spawning {
  port: number;
  logFile: string;
  settings: PostgresOptions['settings'];
}

function spawnServer(place: Place, natives: Natives, { port, logFile, settings }: Spawning): Omit<Server, 'port'> {
  const chosen = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    log_timezone: 'UTC',
    timezone: 'UTC',
    ...settings,
    port,
  };
  const flags = Object.entries(chosen).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  // A file, not a pipe: a pipe breaks with its reader, and this process may outlive us until the next start.
  const log = openSync(logFile, 'w', 0o600);
  const child = spawn(natives.postgres, ['-D', place.data, ...flags], {
    env: nativeEnvironment,
    cwd: place.directory,
    stdio: ['ignore', log, log],
    // A session of its own: Ctrl-C in the terminal must not stop it before those who still write to it.
    detached: true,
    ...asUser(place.runAs),
  });
  closeSync(log);
  child.unref();
  const exited = new Promise<void>(resolve => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  return { pid: child.pid ?? 0, exited };
}

const startDeadlineMs = 60_000;

async function becomesReady(server: Omit<Server, 'port'>, data: string): Promise<boolean> {
  let gone = server.pid === 0;
  void server.exited.then(() => {
    gone = true;
  });
  const deadline = Date.now() + startDeadlineMs;
  while (!gone && Date.now() < deadline) {
    const file = readPostmasterFile(data);
    if (file?.pid === server.pid && file.ready) return true;
    await sleep(15);
  }
  if (!gone) await stopServer(server.pid);
  return false;
}

function explainFailure(serverLog: string, port: number, logFile: string): string {
  if (/Address already in use/.test(serverLog)) return `Port ${port} is taken: Postgres cannot listen on it.`;
  return `Postgres did not start: ${lastLine(serverLog) || 'it said nothing'} (all of it in ${logFile})`;
}

/** The last line that says what went wrong, without Postgres's timestamp and severity. */
function lastLine(output: string | undefined): string {
  const lines = (output ?? '').split('\n').filter(line => line.trim() !== '');
  const fault = lines.findLast(line => /(FATAL|PANIC|error):/i.test(line)) ?? lines.at(-1) ?? '';
  return fault.replace(/^.*?(FATAL|PANIC|ERROR):\s*/, '').trim();
}
