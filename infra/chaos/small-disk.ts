import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Why no disk can be mounted here, in a sentence; null where one can. */
export function whyNoDisk(): string | null {
  const folder = mkdtempSync(join(tmpdir(), 'pagekeeper-disk-'));
  try {
    mountDisk(folder, 1)();
    return null;
  } catch (error) {
    return `A small disk cannot be mounted here: ${(error as Error).message}`;
  } finally {
    rmdirSync(folder);
  }
}

/**
 * Mounts a disk of so many megabytes, in memory, on a folder.
 * @returns what takes it away again
 * @throws Error with what `mount` said; it takes root, and a container's leave
 */
export function mountDisk(folder: string, megabytes: number): () => void {
  run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=711`, 'tmpfs', folder]);
  // Lazily: whoever holds a file of it still is about to end.
  return () => run('umount', ['-l', folder]);
}

function run(command: string, words: string[]): void {
  const { status, stderr, error } = spawnSync(command, words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(error?.message ?? stderr.trim().split('\n', 1)[0]);
}
