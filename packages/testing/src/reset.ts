import { existsSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { endOrphan } from './postgres/orphan.ts';
import { findData, removeOutsideData } from './postgres/place.ts';
import { openLocalFolder } from './start/folder.ts';
import { endLeftovers } from './start/running.ts';

// `pagekeeper reset` runs this: takes away what npm start made in a folder. The folder is the only argument.
const root = resolve(process.argv[2] ?? '.');

/** @throws Error with a sentence while npm start runs there */
async function reset(): Promise<boolean> {
  if (!existsSync(join(root, '.pagekeeper'))) return false;
  const folder = openLocalFolder(root);
  await endLeftovers(folder.file('running.json'));
  const postgres = folder.file('postgres');
  const data = existsSync(postgres) ? findData(postgres) : null;
  // A start that was killed may have left its server.
  if (data) await endOrphan(data);
  if (existsSync(postgres)) removeOutsideData(postgres);
  rmSync(folder.path, { recursive: true, force: true });
  return true;
}

try {
  process.stdout.write(`${JSON.stringify({ removed: await reset() })}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
