import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { inheritedEnvironment } from './env.ts';
import { repositoryFolder } from './processes.ts';

const folder = join(repositoryFolder, 'apps/console');
const built = join(folder, 'dist');

/** What the built files are made of. */
const sources = ['src', 'index.html', 'vite.config.ts', 'package.json', '../../packages/client/src'];

/**
 * Builds the web console unless what is there was made of these very sources: told by content, as a checkout gives
 * files new times. Processes that build at the same time do not disturb each other.
 * @throws Error with what the build said
 */
export async function buildConsole(say: (sentence: string) => void = () => {}): Promise<void> {
  const wanted = fingerprint();
  if (readIfThere(join(built, 'sources')) === wanted) return;
  say('Building the console …');
  const fresh = join(folder, `dist.${randomUUID()}`);
  try {
    const vite = join(dirname(createRequire(join(folder, 'package.json')).resolve('vite/package.json')), 'bin/vite.js');
    // Whoever asks may be a test: the build is the one of production.
    const env = { ...inheritedEnvironment(), NODE_ENV: 'production' };
    const words = [vite, 'build', '--outDir', fresh, '--logLevel', 'warn'];
    await promisify(execFile)(process.execPath, words, { cwd: folder, env });
    writeFileSync(join(fresh, 'sources'), wanted);
    replace(fresh);
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    throw new Error(`The console could not be built: ${stderr || message}`);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** Puts the new files in the place of the old. Who was faster built the same. */
function replace(fresh: string): void {
  const old = `${fresh}.old`;
  if (existsSync(built)) renameSync(built, old);
  try {
    renameSync(fresh, built);
  } catch (error) {
    if (!existsSync(join(built, 'sources'))) throw error;
  }
  rmSync(old, { recursive: true, force: true });
}

function fingerprint(): string {
  const hash = createHash('sha256');
  for (const file of sources.flatMap(source => filesIn(join(folder, source)))) {
    hash.update(`${file.slice(repositoryFolder.length)}\n`).update(readFileSync(file));
  }
  return hash.digest('hex');
}

function filesIn(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' }).sort();
  return names.map(name => join(path, name)).filter(file => statSync(file).isFile());
}

const readIfThere = (file: string): string | null => (existsSync(file) ? readFileSync(file, 'utf8') : null);
