import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** The user a server runs as when we are root (Postgres refuses root); null: as ourselves. */
export type RunAs = { uid: number; gid: number } | null;

export interface Place {
  /** The folder that holds `data`; the server's user may pass through it. */
  directory: string;
  /** PGDATA itself; may not exist yet. */
  data: string;
  runAs: RunAs;
  /** The folder outside in which the data were, if it has vanished since: a sentence is due. */
  lost: string | null;
}

interface Pointer {
  directory: string;
  /** The folder this pointer was written in: a copied checkout must not share its original's data. */
  writtenIn: string;
}

/**
 * Where the data of `dataDirectory` lie and who runs the server: in the folder itself as an ordinary user. As root,
 * who must run it as `nobody`, only if nobody can get there; otherwise under the temporary folders, with a pointer.
 */
export function placeData(dataDirectory: string): Place {
  const home = realpathSync(dataDirectory);
  if (process.getuid?.() !== 0) return { directory: home, data: join(home, 'data'), runAs: null, lost: null };
  const own = join(home, 'data');
  if (existsSync(own)) {
    // Made by an ordinary user, or by root where nobody could pass: go on as the one who owns it.
    const { uid, gid } = statSync(own);
    return { directory: home, data: own, runAs: { uid, gid }, lost: null };
  }
  const runAs = lookUpNobody();
  const pointer = readPointer(pointerFile(home));
  const lost = pointer?.writtenIn === home && !existsSync(pointer.directory) ? pointer.directory : null;
  const directory = followPointer(home) ?? (isReachableByOthers(home) ? home : writePointer(home));
  return { directory, data: join(directory, 'data'), runAs, lost };
}

/** Where the data of this folder are, if there are any; changes nothing. */
export function findData(dataDirectory: string): string | null {
  const pointer = readPointer(pointerFile(dataDirectory));
  const places = [join(dataDirectory, 'data'), ...(pointer ? [join(pointer.directory, 'data')] : [])];
  return places.find(place => existsSync(place)) ?? null;
}

/** Removes what {@link placeData} put outside of `dataDirectory`, if anything. */
export function removeOutsideData(dataDirectory: string): void {
  const pointer = readPointer(pointerFile(dataDirectory));
  if (pointer && pointer.writtenIn === realpathSync(dataDirectory)) {
    rmSync(pointer.directory, { recursive: true, force: true });
  }
}

/** Gives a file or folder to the server's user. */
export function giveTo(runAs: RunAs, path: string): void {
  // macOS has nobody as -2; chown takes it as an unsigned number, spawn as a signed one.
  if (runAs) chownSync(path, runAs.uid >>> 0, runAs.gid >>> 0);
}

/** The part of `spawn`'s options that makes a process run as this user. */
export function asUser(runAs: RunAs): { uid?: number; gid?: number } {
  return runAs ? { uid: runAs.uid | 0, gid: runAs.gid | 0 } : {};
}

/** Folders for what another user must read or own, best first. */
export function sharedFolders(): string[] {
  return [...new Set(['/var/tmp', realpathSync(tmpdir()), '/tmp'])].filter(
    folder => existsSync(folder) && isReachableByOthers(realpathSync(folder)),
  );
}

function isReachableByOthers(folder: string): boolean {
  for (let path = folder; ; path = dirname(path)) {
    if ((statSync(path).mode & 0o001) === 0) return false;
    if (path === dirname(path)) return true;
  }
}

function followPointer(home: string): string | null {
  const pointer = readPointer(pointerFile(home));
  if (!pointer || !existsSync(pointer.directory)) return null;
  const isCopy = pointer.writtenIn !== home && existsSync(pointerFile(pointer.writtenIn));
  return isCopy ? null : pointer.directory;
}

function writePointer(home: string): string {
  const [shared] = sharedFolders();
  if (!shared) throw new Error('As root there must be a folder that every user can reach, such as /var/tmp.');
  const directory = mkdtempSync(join(shared, 'pagekeeper-postgres-'));
  chmodSync(directory, 0o711);
  writeFileSync(pointerFile(home), JSON.stringify({ directory, writtenIn: home } satisfies Pointer), { mode: 0o600 });
  return directory;
}

const pointerFile = (home: string) => join(home, 'location.json');

function readPointer(file: string): Pointer | null {
  try {
    const { directory, writtenIn } = JSON.parse(readFileSync(file, 'utf8')) as Partial<Pointer>;
    return typeof directory === 'string' && typeof writtenIn === 'string' ? { directory, writtenIn } : null;
  } catch {
    return null;
  }
}

function lookUpNobody(): { uid: number; gid: number } {
  const ask = (option: string) => Number(execFileSync('id', [option, 'nobody'], { encoding: 'utf8' }));
  try {
    return { uid: ask('-u'), gid: ask('-g') };
  } catch {
    throw new Error('Postgres does not run as root, and this system has no user "nobody": start as another user.');
  }
}

/** Makes a folder that only we can list; others may pass through if they know the name (root's server user must). */
export function makeFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
}
