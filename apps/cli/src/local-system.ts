import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { UsageError } from './usage-error.ts';

const shape = z.record(z.string(), z.string());

/** Where `npm start` writes the variables of its system, for the commands that are typed beside it. */
export const localVariablesFile = (folder: string): string => join(folder, '.pagekeeper', 'variables.json');

/**
 * The variables of the system that `npm start` made in this folder; none where it never ran.
 * @throws UsageError when others could read or have written them
 */
export function readLocalSystem(folder: string): Record<string, string> {
  const file = localVariablesFile(folder);
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found) return {};
  const isOurs = process.getuid === undefined || found.uid === process.getuid();
  // Windows knows no such bits.
  const isPrivate = process.platform === 'win32' || (found.mode & 0o077) === 0;
  if (!isOurs || !isPrivate) {
    throw new UsageError(
      `${file} must be yours alone (chmod 600): it holds passwords. Run npm start to write it anew.`,
    );
  }
  try {
    return shape.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    throw new UsageError(`${file} cannot be read or is damaged: run npm start to write it anew.`);
  }
}
