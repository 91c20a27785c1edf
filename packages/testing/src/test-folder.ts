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
import { join } from 'node:path';
import { endOrphan } from './postgres/orphan.ts';
import { makeFolder, placeData, removeOutsideData } from './postgres/place.ts';
import { readLock, takeLock } from './system/lock.ts';
import { commandLine, endProcess, isAlive } from './system/process.ts';

const prefix = 'pagekeeper-test-';

export interface TestFolder {
  path: string;
  /** Where Postgres keeps its data. */
  postgres: string;
  /** Notes the pid of a Redis, for the run after a killed one. */
  noteRedis(pid: number): void;
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
  return {
    path,
    postgres,
    noteRedis: pid => writeFileSync(join(path, 'redis.pid'), String(pid)),
    remove: () => {
      removeOutsideData(postgres);
      rmSync(path, { recursive: true, force: true });
    },
  };
}

/** Ends and removes what test runs of this user left whose process was killed. */
export async function removeStaleTestFolders(): Promise<void> {
  const parent = realpathSync(tmpdir());
  for (const name of readdirSync(parent).filter(entry => entry.startsWith(prefix))) {
    const path = join(parent, name);
    try {
      if (statSync(path).uid === process.getuid?.() && isStale(path)) await removeStale(path);
    } catch {
      // Another run removes it at this moment, or it is not ours to remove.
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

async function removeStale(path: string): Promise<void> {
  const postgres = join(path, 'postgres');
  await endOrphan(placeData(postgres).data);
  await endRedis(path);
  removeOutsideData(postgres);
  rmSync(path, { recursive: true, force: true });
}

async function endRedis(path: string): Promise<void> {
  const pid = Number(readNote(join(path, 'redis.pid')));
  // Its command line names its folder, so another program with this pid is left alone.
  if (!pid || !commandLine(pid)?.includes(`--dir ${path}/`)) return;
  await endProcess(pid, [{ signal: 'SIGKILL', waitMs: 3_000 }]);
}

function readNote(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
