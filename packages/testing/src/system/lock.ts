import { randomUUID } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { isAlive, processIdentity } from './process.ts';

export interface LockHolder {
  pid: number;
  identity: string;
}

export type Lock = { taken: true; release(): void } | { taken: false; holder: LockHolder };

/**
 * Takes a lock file for this process. A lock whose process is dead (or whose pid belongs to a later process) is
 * stale and is taken over. The file appears with its content in one step, so nobody reads half a lock.
 */
export function takeLock(file: string): Lock {
  const own: LockHolder = { pid: process.pid, identity: processIdentity(process.pid) ?? 'unknown' };
  const candidate = `${file}.${randomUUID()}`;
  writeFileSync(candidate, JSON.stringify(own), { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < 10; attempt += 1) {
      if (linked(candidate, file)) return { taken: true, release: () => release(file, own) };
      const holder = readLock(file);
      if (holder && isAlive(holder.pid, holder.identity)) return { taken: false, holder };
      setAside(file, holder);
    }
    throw new Error(`The lock ${file} changes hands too fast.`);
  } finally {
    rmSync(candidate, { force: true });
  }
}

/** Who holds the lock, alive or not; null when nobody does or the file says nothing sensible. */
export function readLock(file: string): LockHolder | null {
  try {
    const held: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof held !== 'object' || held === null) return null;
    const { pid, identity } = held as Partial<LockHolder>;
    return typeof pid === 'number' && typeof identity === 'string' ? { pid, identity } : null;
  } catch {
    return null;
  }
}

function linked(candidate: string, file: string): boolean {
  try {
    linkSync(candidate, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Moves a stale lock away. If another process replaced it in between, its fresh lock is put back. */
function setAside(file: string, stale: LockHolder | null): void {
  const aside = `${file}.stale.${randomUUID()}`;
  try {
    renameSync(file, aside);
  } catch {
    return;
  }
  const moved = readLock(aside);
  if (moved && moved.identity !== stale?.identity && isAlive(moved.pid, moved.identity)) linked(aside, file);
  rmSync(aside, { force: true });
}

function release(file: string, own: LockHolder): void {
  const held = readLock(file);
  if (held?.pid === own.pid && held.identity === own.identity) rmSync(file, { force: true });
}
