import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A file, what it imports, and the rule that says no; null where the import is right. */
const imports: [from: string, statement: string, rule: string | null][] = [
  ['packages/queue/src/a.ts', "import '../../runtime/src/log.ts';", null],
  ['packages/runtime/src/a.ts', "import '../../queue/src/queue.ts';", 'runtime-imports-upward'],
  ['packages/queue/src/b.ts', "import type { A } from '../../domain/src/ids.ts';", 'queue-imports-upward'],
  ['packages/queue/src/c.ts', "import '../../facebook/src/client.ts';", 'queue-imports-sideways'],
  ['packages/domain/src/webhooks/a.ts', "import '../integrations/integration.ts';", null],
  ['packages/domain/src/tenancy/a.ts', "import '../vault/vault.ts';", null],
  ['packages/domain/src/users/a.ts', "import type { A } from '../businesses/business.ts';", 'users-imports-upward'],
  [
    'packages/domain/src/businesses/a.ts',
    "export * from '../integrations/integration.ts';",
    'businesses-imports-upward',
  ],
  ['packages/domain/src/vault/a.ts', "import '../users/user.ts';", 'database-imports-upward'],
  ['packages/domain/src/jobs.ts', "import '../src/webhooks/event.ts';", 'domain-root-imports-nouns'],
  ['packages/domain/src/open.ts', "import './billing/invoice.ts';", 'domain-folder-unknown'],
  ['packages/domain/src/users/b.ts', "import '../users/helpers/x.ts';", 'drawer'],
  ['packages/domain/src/c.ts', "import '../../../apps/api/src/main.ts';", 'package-imports-app'],
  ['apps/api/src/a.ts', "import '../../../packages/domain/src/ids.ts';", null],
  ['apps/api/src/b.ts', "await import('../../worker/src/main.ts');", 'app-imports-app'],
  ['apps/console/src/a.ts', "import '../../../packages/domain/src/ids.ts';", 'console-and-client-know-the-api-only'],
  ['apps/console/src/b.tsx', "import '../../../packages/domain/src/ids.ts';", 'console-and-client-know-the-api-only'],
  ['apps/console/src/c.tsx', "import 'react';\nexport const C = () => <p />;", null],
  ['apps/api/src/h.ts', "import 'react';", 'one-home-react'],
  ['apps/api/test/a.test.ts', "import '../../../packages/testing/src/app.ts';", null],
  ['apps/api/src/c.ts', "import '../../../packages/testing/src/app.ts';", 'only-tests-import-testing'],
  ['infra/bench/a.ts', "import '../../packages/testing/src/app.ts';", null],
  ['packages/domain/src/database/a.ts', "import 'knex';", null],
  ['apps/worker/src/a.ts', "import type { Knex } from 'knex';", 'one-home-objection'],
  ['apps/api/src/d.ts', "import 'pg';", 'one-home-pg'],
  ['packages/domain/src/d.ts', "import 'bullmq';", 'one-home-bullmq'],
  ['packages/domain/src/users/c.ts', "import 'libsodium-wrappers';", 'one-home-libsodium-wrappers'],
  ['packages/domain/src/e.ts', "import 'express';", 'one-home-express'],
  ['packages/runtime/src/metrics/a.ts', "import 'prom-client';", null],
  ['apps/worker/src/b.ts', "import 'prom-client';", 'one-home-prom-client'],
  ['packages/domain/src/webhooks/b.ts', "import 'undici';", 'one-home-undici'],
  ['packages/domain/src/tenancy/b.ts', "import 'better-auth';", 'one-home-better-auth'],
  ['packages/domain/src/f.ts', "import type { G } from './g.ts';", 'no-circular'],
  ['apps/api/src/e.ts', "import '../../../packages/domain/dist/ids.js';", 'nothing-imports-dist'],
  ['apps/api/src/f.ts', "import './nowhere.ts';", 'not-resolvable'],
  ['apps/api/src/g.ts', "import 'undeclared';", 'undeclared-dependency'],
];

const targets = [
  'packages/runtime/src/log.ts',
  'packages/queue/src/queue.ts',
  'packages/facebook/src/client.ts',
  'packages/testing/src/app.ts',
  'packages/domain/src/ids.ts',
  'packages/domain/src/users/user.ts',
  'packages/domain/src/users/helpers/x.ts',
  'packages/domain/src/businesses/business.ts',
  'packages/domain/src/integrations/integration.ts',
  'packages/domain/src/webhooks/event.ts',
  'packages/domain/src/vault/vault.ts',
  'packages/domain/src/billing/invoice.ts',
  'packages/domain/dist/ids.js',
  'apps/api/src/main.ts',
  'apps/worker/src/main.ts',
];

const libraries = [
  'knex',
  'pg',
  'bullmq',
  'libsodium-wrappers',
  'express',
  'prom-client',
  'undici',
  'better-auth',
  'react',
  'undeclared',
];

const tree = mkdtempSync(join(tmpdir(), 'pagekeeper-architecture-'));
const found = new Map<string, string[]>();

function put(path: string, text: string) {
  mkdirSync(dirname(join(tree, path)), { recursive: true });
  writeFileSync(join(tree, path), text);
}

beforeAll(() => {
  for (const path of targets) put(path, 'export const some = 1;\n');
  put('packages/domain/src/g.ts', "import type { F } from './f.ts';\n");
  for (const [path, statement] of imports) put(path, `${statement}\nexport const some = 1;\n`);
  for (const name of libraries) {
    put(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js' }));
    put(`node_modules/${name}/index.js`, 'module.exports = {};\n');
  }
  const declared = libraries.filter(name => name !== 'undeclared').map(name => [name, '1.0.0']);
  put('package.json', JSON.stringify({ name: 'tree', dependencies: Object.fromEntries(declared) }));
  cpSync(join(root, '.dependency-cruiser.cjs'), join(tree, '.dependency-cruiser.cjs'));
  const program = join(root, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs');
  const hook = join(root, 'infra', 'lint', 'tsx-for-swc.mjs');
  const args = ['--import', hook, program, 'packages', 'apps', 'infra', '--output-type', 'json'];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: tree, encoding: 'utf8', maxBuffer: 1e8 });
  if (!stdout) throw new Error(stderr);
  const { summary } = JSON.parse(stdout) as { summary: { violations: { from: string; rule: { name: string } }[] } };
  for (const { from, rule } of summary.violations) found.set(from, [...(found.get(from) ?? []), rule.name]);
});

afterAll(() => rmSync(tree, { recursive: true, force: true }));

test.each(imports)('%s: %s', (from, _statement, rule) => {
  const rules = found.get(from) ?? [];
  if (rule === null) expect(rules).toEqual([]);
  else expect(rules).toContain(rule);
});
