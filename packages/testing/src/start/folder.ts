import { accessSync, chmodSync, constants, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { takeLock } from '../system/lock.ts';

export interface LocalFolder {
  path: string;
  file(name: string): string;
  /** Lets another start have it. */
  release(): void;
}

/**
 * Makes `.pagekeeper/` (for its owner's eyes only) and takes it for this process. Throws a sentence when another
 * start in the same checkout has it, or another user owns it.
 */
export function openLocalFolder(repositoryFolder: string): LocalFolder {
  const path = join(repositoryFolder, '.pagekeeper');
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    chmodSync(path, 0o700);
  } catch {
    throw new Error(`${path} cannot be written to: start as the user who owns it, or remove it.`);
  }
  const lock = takeLock(join(path, 'lock'));
  if (!lock.taken) {
    throw new Error(`Pagekeeper already runs from this checkout (process ${lock.holder.pid}): stop that one first.`);
  }
  return { path, file: name => join(path, name), release: lock.release };
}
