// `npm start` and `npm test` on a machine with nothing but Node: checks Node, installs if needed, then runs
//   node infra/scripts/run.mjs packages/testing/src/start.ts …   a TypeScript file of ours
//   node infra/scripts/run.mjs vitest run …                      a program that npm installed
// Plain JavaScript without newer syntax, so that an old Node gets as far as the sentence about its age.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { constants } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { env } from 'node:process';
import { fileURLToPath } from 'node:url';

const thisFile = fileURLToPath(import.meta.url);
const root = dirname(dirname(dirname(thisFile)));

/** What is wrong with this Node, in a sentence; null when it is new enough. `version` is like `v20.19.0`. */
export function nodeProblem(version) {
  const [major, minor] = version.replace(/^v/, '').split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return null;
  return `Pagekeeper needs Node 20.19 or newer; this is ${version}. See https://nodejs.org.`;
}

/**
 * Whether `npm ci` has to run: by content, as a checkout gives files new times. Both arguments are the texts of
 * package-lock.json and node_modules/.package-lock.json (null where there is none).
 */
export function needsInstall(lockText, installedText) {
  if (lockText === null || installedText === null) return true;
  const wanted = JSON.parse(lockText).packages;
  let installed;
  try {
    installed = JSON.parse(installedText).packages;
  } catch {
    return true;
  }
  // The optional packages of this system may be unknown to the lock file, and those of other systems are left out.
  const stale = Object.keys(installed).some(path =>
    wanted[path] ? !isSame(wanted[path], installed[path]) : !installed[path].optional,
  );
  const missing = Object.keys(wanted).some(path => path !== '' && !installed[path] && !wanted[path].optional);
  return stale || missing;
}

const isSame = (wanted, installed) => wanted.version === installed.version && wanted.integrity === installed.integrity;

const readIfThere = file => (existsSync(file) ? readFileSync(file, 'utf8') : null);

function install() {
  process.stderr.write('Installing the dependencies (npm ci) …\n');
  const strict = npm('pipe', 'ci');
  if (strict.status === 0) return;
  // A lock file made where some system's optional packages cannot be had lacks them; ci refuses it, install does not.
  process.stderr.write('npm ci did not succeed; trying npm install --no-save …\n');
  const lenient = npm('inherit', 'install', '--no-save');
  if (lenient.status === 0) return;
  process.stderr.write(`${strict.stderr}\nThe dependencies could not be installed; what npm says stands above.\n`);
  process.exit(1);
}

function npm(output, ...words) {
  const given = env.npm_execpath || '';
  const isNpm = basename(given) === 'npm-cli.js';
  const [command, before] = isNpm ? [process.execPath, [given]] : ['npm', []];
  // NODE_ENV=production would leave out what start and test are made of.
  const flags = ['--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'];
  const options = { cwd: root, stdio: ['ignore', output, output], encoding: 'utf8', maxBuffer: 2 ** 26 };
  return spawnSync(command, before.concat(words, flags), options);
}

/** The arguments of Node for what we were asked to run; and whether it speaks over a channel with us. */
function commandFor([target, ...rest]) {
  if (target.endsWith('.ts')) {
    const loader = import.meta.resolve('tsx');
    return { args: ['--import', loader, join(root, target), ...rest], isOurs: true };
  }
  return { args: [join(root, 'node_modules', '.bin', target), ...rest], isOurs: false };
}

/**
 * Runs the child in the foreground and ends with its exit code, never before it. Ctrl-C reaches the child without
 * us, as the terminal signals the whole group; a signal sent to us alone is passed on.
 */
function run(request) {
  const { args, isOurs } = commandFor(request);
  // A child of ours stops when the channel closes, so it does not outlive a SIGKILL of this process.
  const stdio = ['inherit', 'inherit', 'inherit'].concat(isOurs ? ['ipc'] : []);
  const child = spawn(process.execPath, args, { cwd: root, stdio });
  const isTerminal = Boolean(process.stdin.isTTY);
  process.on('SIGINT', () => isTerminal || child.kill('SIGINT'));
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  process.on('SIGHUP', () => child.kill(isOurs ? 'SIGTERM' : 'SIGHUP'));
  stopWithNpm(child);
  child.on('error', error => {
    process.stderr.write(`${request[0]} could not be run: ${error.message}\n`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : code));
}

/** npm that is killed cannot tell us: without this everything would run on unseen, and hold its ports. */
function stopWithNpm(child) {
  if (!env.npm_lifecycle_event) return;
  const parent = process.ppid;
  setInterval(() => process.ppid === parent || child.kill('SIGTERM'), 300).unref();
}

function main(request) {
  const problem = nodeProblem(process.version);
  if (problem || request.length === 0) {
    process.stderr.write(`${problem || 'Say what to run: a TypeScript file or the name of an installed program.'}\n`);
    process.exit(1);
  }
  const lock = readIfThere(join(root, 'package-lock.json'));
  const installed = readIfThere(join(root, 'node_modules', '.package-lock.json'));
  if (needsInstall(lock, installed)) install();
  run(request);
}

if (process.argv[1] && realpathSync(process.argv[1]) === thisFile) main(process.argv.slice(2));
