import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { asUser, giveTo, makeFolder, placeData, removeOutsideData } from '@pagekeeper/testing/postgres/place';
import { freePort } from '@pagekeeper/testing/system/ports';
import { endProcess } from '@pagekeeper/testing/system/process';
import pg from 'pg';

/** A PostgreSQL of the system, with its tools for backups: the embedded one has none. */
export interface Installed {
  version: string;
  bin(name: 'initdb' | 'postgres' | 'pg_dump' | 'pg_restore'): string;
}

/** The newest of Debian's packages; null where there is none. */
export function findPostgres(): Installed | null {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  const version = versions.find(each => existsSync(join(root, each, 'bin/initdb')));
  return version ? { version, bin: name => join(root, version, 'bin', name) } : null;
}

export interface Server {
  adminUrl: string;
  stop(): Promise<void>;
}

/** Starts an empty server with data of its own. @param folder for nothing but this server */
export async function startServer(installed: Installed, folder: string): Promise<Server> {
  makeFolder(folder);
  const place = placeData(folder);
  const password = randomBytes(12).toString('hex');
  const passwordFile = join(place.directory, 'password');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  mkdirSync(place.data, { mode: 0o700 });
  giveTo(place.runAs, passwordFile);
  giveTo(place.runAs, place.data);
  const asServer = { cwd: place.directory, env: { LC_ALL: 'C', PATH: '/usr/bin:/bin' }, ...asUser(place.runAs) };
  const made = spawnSync(
    installed.bin('initdb'),
    [`--pgdata=${place.data}`, `--pwfile=${passwordFile}`, ...initialisation],
    { ...asServer, encoding: 'utf8' },
  );
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`);
  const port = await freePort();
  const settings = ['-c', `port=${port}`, '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='];
  const child = spawn(installed.bin('postgres'), ['-D', place.data, ...settings], { ...asServer, stdio: 'ignore' });
  const stop = async () => {
    await endProcess(child.pid!, [
      { signal: 'SIGINT', waitMs: 10_000 },
      { signal: 'SIGKILL', waitMs: 5_000 },
    ]);
    removeOutsideData(folder);
  };
  const adminUrl = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
  await untilReady(adminUrl).catch(async error => {
    await stop();
    throw error;
  });
  return { adminUrl, stop };
}

const initialisation = [
  '--username=postgres',
  '--auth=scram-sha-256',
  '--encoding=UTF8',
  '--locale=C.UTF-8',
  '--no-instructions',
];

async function untilReady(adminUrl: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const client = new pg.Client({ connectionString: adminUrl });
    try {
      await client.connect();
      await client.end();
      return;
    } catch (error) {
      if (tries === 300) throw error;
      await sleep(100);
    }
  }
}
