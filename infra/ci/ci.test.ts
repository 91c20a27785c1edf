import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryFolder } from '@pagekeeper/testing/processes';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const read = (path: string) => readFileSync(join(repositoryFolder, path), 'utf8');

interface Job {
  container: string;
  'timeout-minutes': number;
  steps: { uses?: string; run?: string }[];
}

const workflow = parse(read('.github/workflows/ci.yml')) as { permissions: object; jobs: Record<string, Job> };
const jobs = Object.entries(workflow.jobs);
const { scripts } = JSON.parse(read('package.json'));

describe('the workflow', () => {
  it('runs what must pass, may write nothing, and ends', () => {
    expect(workflow.permissions).toEqual({ contents: 'read' });
    expect(workflow.jobs.all?.steps.map(({ run }) => run)).toContain('bash .ci/run');
    for (const [name, job] of jobs) expect(job['timeout-minutes'], name).toBeGreaterThan(0);
  });

  it('pins actions by commit and images by release', () => {
    for (const [name, { container, steps }] of jobs) {
      expect(container, name).toMatch(/^node:20\.\d+\.\d+-bookworm$/);
      for (const { uses } of steps) if (uses) expect(uses).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
    }
    expect(read('.github/workflows/ci.yml')).not.toMatch(/@v\d/);
  });

  it('runs scripts that exist', () => {
    const runs = jobs.flatMap(([, { steps }]) => steps.flatMap(({ run }) => run ?? []));
    const named = runs.flatMap(run => /^npm run ([\w:]+)/.exec(run)?.[1] ?? []);
    expect(named.length).toBeGreaterThan(2);
    for (const script of named) expect(Object.keys(scripts)).toContain(script);
    for (const run of runs)
      if (run.startsWith('bash ')) expect(existsSync(join(repositoryFolder, run.slice(5)))).toBe(true);
  });
});

describe('Renovate', () => {
  const settings = JSON.parse(read('.github/renovate.json'));

  it('pins versions, and waits before it takes new ones', () => {
    expect(settings).toMatchObject({ rangeStrategy: 'pin', minimumReleaseAge: '7 days' });
    expect(settings.extends).toContain('helpers:pinGitHubActionDigests');
  });

  it('has rules for packages that are here', () => {
    const locked = Object.keys(JSON.parse(read('package-lock.json')).packages);
    const images = ['postgres', 'node'];
    for (const { matchPackageNames = [] } of settings.packageRules as { matchPackageNames?: string[] }[]) {
      for (const name of matchPackageNames.filter(each => !images.includes(each))) {
        const wanted = `node_modules/${name.replace(/\*$/, '')}`;
        expect(
          locked.some(path => path.includes(wanted)),
          name,
        ).toBe(true);
      }
    }
  });
});
