import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, inject, test } from 'vitest';

const script = fileURLToPath(new URL('../../../infra/scripts/run.mjs', import.meta.url));

interface RunScript {
  nodeProblem(version: string): string | null;
  needsInstall(lock: string | null, installed: string | null): boolean;
}

const { nodeProblem, needsInstall }: RunScript = await import(script);

test('an old Node is told so in a sentence', () => {
  expect(nodeProblem('v18.20.4')).toMatch(/^Pagekeeper needs Node 20\.19 or newer; this is v18\.20\.4\./);
  expect(nodeProblem('v20.18.9')).not.toBeNull();
  expect(nodeProblem('v20.19.0')).toBeNull();
  expect(nodeProblem('v24.0.0')).toBeNull();
});

const lockOf = (packages: Record<string, object>) => JSON.stringify({ packages });
const wanted = {
  '': { name: 'pagekeeper' },
  'packages/a': { version: '0.1.0', dependencies: { b: '1.0.0' } },
  'node_modules/b': { version: '1.0.0', integrity: 'sha512-b' },
  'node_modules/mac': { version: '1.0.0', integrity: 'sha512-m', optional: true },
};

test('npm ci runs when what is installed is not what the lock file says, whatever the times of the files', () => {
  const { '': _root, 'node_modules/mac': _mac, ...installed } = wanted;
  const lock = lockOf(wanted);
  expect(needsInstall(lock, lockOf(installed))).toBe(false);
  const ofThisSystem = { 'node_modules/linux': { version: '1.0.0', optional: true } };
  expect(needsInstall(lock, lockOf({ ...installed, ...ofThisSystem }))).toBe(false);
  expect(needsInstall(lock, null)).toBe(true);
  expect(needsInstall(lock, '{"pack')).toBe(true);
  expect(needsInstall(lock, lockOf({ 'packages/a': installed['packages/a'] }))).toBe(true);
  expect(needsInstall(lock, lockOf({ ...installed, 'node_modules/b': { version: '0.9.0' } }))).toBe(true);
  expect(needsInstall(lock, lockOf({ ...installed, 'node_modules/old': { version: '1.0.0' } }))).toBe(true);
});

test('a program runs with its arguments, and its exit code or signal is the exit code', () => {
  const root = mkdtempSync(join(inject('servers').folder, 'check-'));
  try {
    mkdirSync(join(root, 'infra', 'scripts'), { recursive: true });
    mkdirSync(join(root, 'node_modules', '.bin'), { recursive: true });
    cpSync(script, join(root, 'infra', 'scripts', 'run.mjs'));
    writeFileSync(join(root, 'package-lock.json'), lockOf({ '': {} }));
    writeFileSync(join(root, 'node_modules', '.package-lock.json'), lockOf({}));
    writeFileSync(
      join(root, 'node_modules', '.bin', 'tool'),
      `const [word] = process.argv.slice(2);
       process.stdout.write(word);
       if (word === 'die') process.kill(process.pid, 'SIGKILL');
       process.exitCode = 7;`,
    );
    const run = (...args: string[]) => {
      const done = spawnSync(process.execPath, [join(root, 'infra', 'scripts', 'run.mjs'), ...args], {
        encoding: 'utf8',
      });
      return [done.status, done.stdout];
    };
    expect(run('tool', 'hello')).toEqual([7, 'hello']);
    expect(run('tool', 'die')).toEqual([137, 'die']);
    expect(run()).toEqual([1, '']);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
