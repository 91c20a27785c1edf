// @ts-check
// package-lock.json must name the native packages of every system, or `npm ci` refuses it everywhere. npm leaves out
// what the registry at hand cannot show, and a mirror may lack other systems' packages.
//   node infra/lint/lockfile.mjs         lists what is missing and exits with 1
//   node infra/lint/lockfile.mjs --fix   adds it, for after each `npm install`
import { readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * @typedef {{ version: string, dev?: boolean, optional?: boolean, cpu?: string[], os?: string[], libc?: string[], resolved?: string, link?: boolean, optionalDependencies?: Record<string, string> }} Entry
 * @typedef {{ packages: Record<string, Entry> }} Lock
 */

/**
 * The optional dependencies without an entry, each with the entry it should have. Its version is the exact one that
 * the depending package, whose integrity the lock holds, asks for; an integrity of its own is not known here.
 * @param {Lock} lock
 * @returns {Map<string, Entry>} by path in the lock
 */
export function missingEntries({ packages }) {
  const missing = new Map();
  for (const [path, { optionalDependencies = {}, dev }] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(optionalDependencies)) {
      if (finds(packages, path, name)) continue;
      const { cpu, libc, os } = systemOf(name);
      // In npm's own order, so that it leaves the file as it is.
      missing.set(`node_modules/${name}`, {
        version,
        cpu,
        ...(dev && { dev }),
        ...(libc && { libc }),
        optional: true,
        os,
      });
    }
  }
  return missing;
}

/** Whether Node, in the package at `path`, would find `name`. @param {Lock['packages']} packages @param {string} path @param {string} name */
function finds(packages, path, name) {
  for (let at = path; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    if (packages[`${at && `${at}/`}node_modules/${name}`]) return true;
    if (at === '') return false;
  }
}

const systems = { darwin: 'darwin', win32: 'win32', windows: 'win32', linux: 'linux' };
const otherSystems = { android: 'android', freebsd: 'freebsd', openharmony: 'openharmony' };
const processors = {
  64: 'x64',
  x64: 'x64',
  arm64: 'arm64',
  arm: 'arm',
  ia32: 'ia32',
  ppc64: 'ppc64',
  s390x: 's390x',
  riscv64: 'riscv64',
};
const libraries = { musl: 'musl', gnu: 'glibc' };

/** The system that a native package is for, from its name, like `@swc/core-linux-arm64-musl`. @param {string} name */
function systemOf(name) {
  const words = name.split(/[/-]/);
  /** @param {Record<string, string>} table */
  const named = table => words.map(word => table[word]).find(Boolean);
  const os = named({ ...systems, ...otherSystems });
  const cpu = named(processors);
  if (!os || !cpu) throw new Error(`Which system is ${name} for? Teach infra/lint/lockfile.mjs its name.`);
  const libc = os === 'linux' ? named(libraries) : undefined;
  return { cpu: [cpu], libc: libc && [libc], os: [os] };
}

/** Registry addresses in the lock: they would bind everybody to one registry. @param {Lock} lock */
export const addresses = ({ packages }) =>
  Object.entries(packages)
    .filter(([, entry]) => entry.resolved && !entry.link)
    .map(([path]) => path);

/** @param {Lock} lock @returns {Lock} */
export function completed(lock) {
  const all = [...Object.entries(lock.packages), ...missingEntries(lock)];
  return { ...lock, packages: Object.fromEntries(all.sort(([one], [other]) => one.localeCompare(other, 'en'))) };
}

const thisFile = fileURLToPath(import.meta.url);

if (process.argv[1] && realpathSync(process.argv[1]) === thisFile) {
  const file = join(dirname(dirname(dirname(thisFile))), 'package-lock.json');
  /** @type {Lock} */
  const lock = JSON.parse(readFileSync(file, 'utf8'));
  const missing = [...missingEntries(lock).keys()];
  const addressed = addresses(lock);
  if (process.argv.includes('--fix')) writeFileSync(file, `${JSON.stringify(completed(lock), null, 2)}\n`);
  else {
    for (const path of missing) process.stdout.write(`package-lock.json: no entry ${path}; run it with --fix\n`);
    process.exitCode = missing.length > 0 ? 1 : 0;
  }
  for (const path of addressed) {
    process.stdout.write(
      `package-lock.json: ${path} names a registry (npm install without the repository's .npmrc?)\n`,
    );
    process.exitCode = 1;
  }
}
