import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, realpathSync, rmSync, statSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { quitServer } from './postgres/orphan.ts';
import { findData, makeFolder, removeOutsideData } from './postgres/place.ts';
import { typescriptFlags } from './processes.ts';
import { killRedisOf } from './redis.ts';
import { readLock, takeLock } from './system/lock.ts';
import { isAlive } from './system/process.ts';

const prefix = 'pagekeeper-test-';

export interface TestFolder {
  path: string;
  /** Where Postgres keeps its data. */
  postgres: string;
  /** Ends what still runs in it and removes it. */
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
  const watcher = watchFolder(path);
  const removeAll = () => {
    watcher.kill('SIGKILL');
    removeTestFolder(path);
  };
  return { path, postgres, remove: removeAll };
}

/**
 * A process that removes the folder once we are gone, however we went: Vitest exits a millisecond after SIGINT or
 * SIGTERM without a teardown, and nobody hears of a SIGKILL.
 */
function watchFolder(path: string): ChildProcess {
  const script = fileURLToPath(new URL('./test-folder-watch.ts', import.meta.url));
  const flags = [...typescriptFlags, script, path];
  const watcher = spawn(process.execPath, flags, { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  watcher.unref();
  (watcher.stdin as Socket | null)?.unref();
  return watcher;
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

/** Ends what runs in the folder of a test run that is over, and removes it. Throws if something still writes there. */
export function removeTestFolder(path: string): void {
  // The lock goes last: with it a folder that could not be emptied is known as stale by the next run.
  for (const name of readdirSync(path).filter(entry => entry !== 'lock')) {
    const entry = join(path, name);
    if (statSync(entry).isDirectory()) {
      killRedisOf(entry);
      serverFolders(entry).forEach(endServer);
    }
    remove(entry);
  }
  remove(path);
}

function endServer(folder: string): void {
  const data = findData(folder);
  if (data) quitServer(data);
  // Before the pointer to it goes, or nobody would find it again.
  removeOutsideData(folder);
}

const remove = (path: string) => rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });

/** The folders in which a Postgres was started or about to be. */
function serverFolders(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true });
  if (entries.some(({ name }) => name === 'location.json' || name === 'superuser-password')) return [folder];
  return entries.filter(entry => entry.isDirectory()).flatMap(({ name }) => serverFolders(join(folder, name)));
}
