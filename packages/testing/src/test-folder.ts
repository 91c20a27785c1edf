import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { quitServer } from './postgres/orphan.ts';
import { makeFolder, placeData, removeOutsideData } from './postgres/place.ts';
import { readLock, takeLock } from './system/lock.ts';
import { commandLine, isAlive } from './system/process.ts';

const prefix = 'pagekeeper-test-';

export interface TestFolder {
  path: string;
  /** Where Postgres keeps its data. */
  postgres: string;
  /** Notes the pid of a Redis, for the run after a killed one. */
  noteRedis(pid: number): void;
  /** Ends what still runs in it, at once, and removes it. */
  remove(): void;
}

/** Makes the temporary folder of one test run, locked by this process for as long as it lives. */
export function makeTestFolder(): TestFolder {
  const path = mkdtempSync(join(realpathSync(tmpdir()), prefix));
  // As root the server runs as nobody, who must pass through here.
  if (process.getuid?.() === 0) chmodSync(path, 0o711);
  takeLock(join(path, 'lock'));
  const postgres = join(path, 'postgres');
  makeFolder(postgres);
  const noteRedis = (pid: number) => writeFileSync(join(path, 'redis.pid'), String(pid));
  return { path, postgres, noteRedis, remove: () => removeTestFolder(path) };
}

/** Ends and removes what test runs of this user left whose process was killed. */
export function removeStaleTestFolders(): void {
  const parent = realpathSync(tmpdir());
  for (const name of readdirSync(parent).filter(entry => entry.startsWith(prefix))) {
    const path = join(parent, name);
    try {
      if (statSync(path).uid === process.getuid?.() && isStale(path)) removeTestFolder(path);
    } catch {
      // Another run removes it at this moment.
    }
  }
}

const youngMs = 60_000;

function isStale(path: string): boolean {
  const holder = readLock(join(path, 'lock'));
  if (holder) return !isAlive(holder.pid, holder.identity);
  // Without a lock it is either being made just now or was left half made or half removed.
  return Date.now() - statSync(path).mtimeMs > youngMs;
}

/** Without waiting, so that it also works while the process exits. */
function removeTestFolder(path: string): void {
  const passwords = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter(isPasswordFile);
  for (const folder of passwords.map(file => dirname(join(path, file)))) {
    quitServer(placeData(folder).data);
    removeOutsideData(folder);
  }
  killRedis(path);
  // A server that is just ending may still write.
  rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}

// Each folder that a Postgres was started in holds one.
const isPasswordFile = (file: string) => file.endsWith('superuser-password');

function killRedis(path: string): void {
  const pid = Number(readNote(join(path, 'redis.pid')));
  // Its command line names its folder, so another program with this pid is left alone.
  if (pid && commandLine(pid)?.includes(`--dir ${path}/`)) process.kill(pid, 'SIGKILL');
}

function readNote(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
