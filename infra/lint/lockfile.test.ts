import { expect, test } from 'vitest';
import { addresses, completed, missingEntries } from './lockfile.mjs';

const lock = {
  packages: {
    '': { version: '0.1.0' },
    'node_modules/tool': {
      version: '1.2.3',
      dev: true,
      optionalDependencies: {
        '@tool/linux-x64-musl': '1.2.3',
        'tool-darwin-arm64': '1.2.3',
        '@tool/windows-64': '1.2.3',
      },
    },
    'node_modules/tool/node_modules/tool-darwin-arm64': { version: '1.2.3' },
  },
};

test('a native package of another system that the lock does not name is found and added, once', () => {
  expect(Object.fromEntries(missingEntries(lock))).toEqual({
    'node_modules/@tool/linux-x64-musl': {
      version: '1.2.3',
      cpu: ['x64'],
      dev: true,
      libc: ['musl'],
      optional: true,
      os: ['linux'],
    },
    'node_modules/@tool/windows-64': { version: '1.2.3', cpu: ['x64'], dev: true, optional: true, os: ['win32'] },
  });
  expect(missingEntries(completed(lock)).size).toBe(0);
  expect(Object.keys(completed(lock).packages)).toHaveLength(5);
});

test('a name that tells no system is not guessed', () => {
  const odd = { packages: { 'node_modules/a': { version: '1.0.0', optionalDependencies: { 'a-helper': '1.0.0' } } } };
  expect(() => missingEntries(odd)).toThrow('Which system is a-helper for?');
});

test('a registry in the lock is found; a link to a workspace is none', () => {
  const entry = { version: '1.0.0', resolved: 'https://registry.example/a.tgz' };
  expect(addresses({ packages: { 'node_modules/a': entry } })).toEqual(['node_modules/a']);
  expect(addresses({ packages: { 'node_modules/a': { ...entry, resolved: 'packages/a', link: true } } })).toEqual([]);
});
