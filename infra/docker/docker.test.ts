import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { validate } from 'dockerfile-utils';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { apiVariables } from '../../apps/api/src/env.ts';
import { workerVariables } from '../../apps/worker/src/env.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');

interface Service {
  image: string;
  command?: string[];
  ports: string[];
  volumes?: string[];
}

const dockerfile = read('infra/docker/Dockerfile');
const compose = parse(read('infra/compose/compose.yaml')) as {
  services: Record<'postgres' | 'redis' | 'mail', Service>;
  volumes: Record<string, null>;
};

/** `name:1.2.3` or `name:1.2-variant`: a release, not a moving tag. */
const pinned = /^[a-z/]+:\d+\.\d+(\.\d+)?(-[a-z0-9-]+)?$/;

test('the Dockerfile is valid, and its images and turbo are pinned to releases', () => {
  expect(validate(dockerfile)).toEqual([]);
  const images = [...dockerfile.matchAll(/^FROM (\S+:\S+)/gm)].map(([, image]) => image);
  expect(images).toHaveLength(1);
  for (const image of images) expect(image).toMatch(pinned);
  const { turbo } = JSON.parse(read('package.json')).devDependencies;
  expect(dockerfile).toContain(`turbo@${turbo} prune`);
});

test('the image runs as an ordinary user, on Node 24, and says how it does', () => {
  const runtime = dockerfile.slice(dockerfile.indexOf('AS runtime'));
  expect(dockerfile).toMatch(/^FROM node:24\./m);
  expect(runtime.match(/^USER (.*)$/m)?.[1]).toBe('node');
  expect(runtime).toMatch(/^HEALTHCHECK /m);
  expect(runtime).toMatch(/^CMD \["node", "dist\/main\.js"\]$/m);
});

test('the image has the command line on its path', () => {
  const { name, bin } = JSON.parse(read('apps/cli/package.json'));
  expect(bin).toEqual({ pagekeeper: 'dist/main.js' });
  expect(read('apps/cli/src/main.ts')).toMatch(/^#!\/usr\/bin\/env node\n/);
  expect(dockerfile).toContain(`ln -s /pagekeeper/apps/cli/${bin.pagekeeper} /usr/local/bin/pagekeeper`);
  // Pruned, and built.
  expect(dockerfile.split(name)).toHaveLength(3);
});

test('of the libraries the image has those that the bundles leave out, and no others', () => {
  const [, list] = /const withFiles = \[(.+)\];/.exec(read('packages/build/build-app.mjs'))!;
  const outside = [...list!.matchAll(/'((@[a-z-]+)\/)?([^']+)'/g)].map(([, , scope, name]) => scope ?? name);
  const copied = [...dockerfile.matchAll(/ node_modules\/(\S+)/g)].map(([, folder]) => folder);
  // The console is found by its name.
  expect(copied.sort()).toEqual([...outside, '@pagekeeper/console'].sort());
  const runtime = dockerfile.slice(dockerfile.indexOf('AS runtime'));
  expect(runtime).not.toMatch(/npm|npx/);
});

test('what it copies from the repository is there and not ignored', () => {
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(\S+) /gm)].map(([, path]) => path!);
  expect(copied).toEqual(['.', 'tsconfig.base.json', 'infra/docker/healthcheck.mjs']);
  for (const path of copied) expect(existsSync(join(root, path))).toBe(true);
  expect(read('.dockerignore')).toContain('!infra/docker/healthcheck.mjs');
});

test('compose: releases are pinned, ports are this machine’s, volumes exist', () => {
  const services = Object.values(compose.services);
  expect(Object.keys(compose.services)).toEqual(['postgres', 'redis', 'mail']);
  for (const { image, ports, volumes = [] } of services) {
    expect(image).toMatch(pinned);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\$\{[A-Z_]+:-\d+\}:\d+$/);
    for (const volume of volumes) expect(Object.keys(compose.volumes)).toContain(volume.split(':')[0]);
  }
});

test('compose: Postgres 18 keeps its data, Redis 7 evicts nothing and writes its log', () => {
  const { postgres, redis } = compose.services;
  expect(postgres.image).toMatch(/^postgres:18\./);
  expect(postgres.volumes).toEqual(['postgres:/var/lib/postgresql']);
  expect(redis.image).toMatch(/^redis:7\./);
  expect(redis.command?.join(' ')).toContain('--maxmemory-policy noeviction --appendonly yes');
  expect(redis.volumes).toEqual(['redis:/data']);
});

test('compose on one machine: each process gets what production wants of it, out of one file, and starts after the schema', () => {
  const { services } = parse(read('infra/compose/one-machine.yaml'), { merge: true }) as {
    services: Record<string, { environment: Record<string, string>; depends_on: object; ports?: string[] }>;
  };
  const names = [...read('infra/compose/one-machine.env.example').matchAll(/^([A-Z_]+)=$/gm)].map(([, name]) => name!);
  const values: Record<string, string> = {
    ...Object.fromEntries(names.map(name => [name, randomBytes(24).toString('hex')])),
    PAGEKEEPER_KEYS: `k1:${randomBytes(32).toString('base64')}`,
    FACEBOOK_APP_ID: '257000000000001',
    PUBLIC_URL: 'https://app.example',
    SMTP_URL: 'smtp://user:password@mail.example:587',
  };
  const asked = new Set<string>();
  const filled = ({ environment }: { environment: Record<string, string> }) =>
    Object.fromEntries(
      Object.entries(environment).map(([name, text]) => [
        name,
        text.replaceAll(/\$\{([A-Z_]+):\?\}/g, (_, wanted) => {
          asked.add(wanted);
          return values[wanted] ?? '';
        }),
      ]),
    );
  const { roles, migrate, api, worker } = services;
  for (const [service, schema] of [
    [api!, apiVariables],
    [worker!, workerVariables],
  ] as const) {
    const variables = filled(service);
    expect(schema.safeParse(variables).error).toBeUndefined();
    expect(Object.keys(schema.shape)).toEqual(expect.arrayContaining(Object.keys(variables)));
    expect(service.depends_on).toMatchObject({ migrate: { condition: 'service_completed_successfully' } });
  }
  for (const url of Object.values({ ...filled(roles!), ...filled(migrate!) })) expect(URL.canParse(url)).toBe(true);
  expect([...asked].sort()).toEqual([...names].sort());
  expect(api!.ports?.join()).toMatch(/^127\.0\.0\.1:\$\{PORT:-4000\}:4000$/);
  expect(read('.gitignore')).toMatch(/^\*\.env$/m);
});
