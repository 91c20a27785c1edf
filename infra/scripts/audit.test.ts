import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { repositoryFolder } from '@pagekeeper/testing/processes';
import { expect, it } from 'vitest';

it('an audit without a registry says so, and fails nobody', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(repositoryFolder, 'infra/scripts/audit.mjs')], {
    cwd: repositoryFolder,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, npm_config_registry: 'http://127.0.0.1:1/' },
    encoding: 'utf8',
    timeout: 60_000,
  });
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^The registry could not be asked \(.+\)\. Nothing was audited\.\n$/);
});
