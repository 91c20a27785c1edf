import { randomBytes } from 'node:crypto';
import { migrateToLatest } from '@pagekeeper/domain/database/migrate';
import type { RolePasswords } from '@pagekeeper/domain/database/roles';
import { createDatabaseAndRoles, roleUrls } from '@pagekeeper/domain/database/roles';
import type { TestProject } from 'vitest/node';
import { buildApps } from './build-apps.ts';
import { closeTemplate, dropDatabases, dropTemplate, templateName } from './database/template.ts';
import { readTestEnvironment, runBuilt } from './env.ts';
import { startPgBouncer } from './pgbouncer.ts';
import { startPostgres } from './postgres.ts';
import { findRedis, startRedis } from './redis.ts';
import type { TestFolder } from './test-folder.ts';
import { makeTestFolder, removeStaleTestFolders } from './test-folder.ts';

/** The servers of a test run, as plain values: tests run in other processes. */
export interface TestServers {
  /** A superuser's URL. */
  adminUrl: string;
  passwords: RolePasswords;
  /** A migrated database that test databases are copied from. */
  template: string;
  /** What the names of this run's databases begin with. */
  prefix: string;
  /** Null where there is no Redis: tests on it are skipped. */
  redisUrl: string | null;
  /** Where TEST_PGBOUNCER is on: networks have two apis and two workers, behind the PgBouncer on this port. */
  pgBouncerPort: number | null;
  /** For what tests write to the disk; goes with the run, however that ends. */
  folder: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    servers: TestServers;
  }
}

const undo: (() => unknown)[] = [];
let ended: Promise<void> | undefined;

/**
 * Vitest's global setup: one Postgres and, where there is one, one Redis for the whole run, or those that
 * TEST_ADMIN_DATABASE_URL (or ADMIN_DATABASE_URL) and TEST_REDIS_URL (or REDIS_URL) name; roles and a migrated
 * template. Gives the teardown back.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  try {
    project.provide('servers', await startServers());
  } catch (error) {
    await endServers();
    throw error;
  }
  return endServers;
}

async function startServers(): Promise<TestServers> {
  const given = readTestEnvironment();
  removeStaleTestFolders();
  const folder = makeTestFolder();
  undo.push(() => folder.remove());
  if (given.buildsFirst) {
    await buildApps(['api', 'worker', 'cli', 'graph-simulator', 'mail-catcher']);
    runBuilt();
  }
  const [adminUrl, redisUrl] = await Promise.all([
    given.adminUrl ?? startOwnPostgres(folder),
    given.redisUrl ?? startOwnRedis(folder, given.isCi),
  ]);
  const password = () => randomBytes(16).toString('hex');
  const passwords = { owner: password(), app: password(), auth: password(), queue: password() };
  const prefix = `pagekeeper_test_${randomBytes(4).toString('hex')}_`;
  await makeTemplate(adminUrl, passwords);
  if (given.adminUrl) undo.push(() => dropDatabases(adminUrl, prefix));
  const pgBouncerPort = given.throughPgBouncer ? await startOwnPgBouncer(adminUrl, passwords, folder) : null;
  return { adminUrl, passwords, template: templateName, prefix, redisUrl, pgBouncerPort, folder: folder.path };
}

async function startOwnPgBouncer(adminUrl: string, passwords: RolePasswords, folder: TestFolder): Promise<number> {
  const pgBouncer = await startPgBouncer(adminUrl, passwords, folder.path);
  undo.push(() => pgBouncer.stop());
  return pgBouncer.port;
}

async function startOwnPostgres(folder: TestFolder): Promise<string> {
  const postgres = await startPostgres({ dataDirectory: folder.postgres, settings: { max_connections: 200 } });
  undo.push(() => postgres.stop());
  return postgres.adminUrl;
}

async function startOwnRedis(folder: TestFolder, isCi: boolean): Promise<string | null> {
  if (findRedis() === null) {
    const sentence = 'There is no redis-server on PATH: apt-get install redis-server, or set REDIS_URL.';
    if (isCi) throw new Error(sentence);
    process.stderr.write(`${sentence} Tests on Redis are skipped.\n`);
    return null;
  }
  const redis = await startRedis(folder.path);
  undo.push(() => redis.stop());
  return redis.url;
}

async function makeTemplate(adminUrl: string, passwords: RolePasswords): Promise<void> {
  await dropTemplate(adminUrl);
  const options = { database: templateName, passwords };
  await createDatabaseAndRoles(adminUrl, options);
  const urls = roleUrls(adminUrl, options);
  await migrateToLatest({ ownerUrl: urls.owner, queueUrl: urls.queue });
  await closeTemplate(adminUrl);
}

function endServers(): Promise<void> {
  ended ??= (async () => {
    for (const step of undo.toReversed()) await step();
  })();
  return ended;
}
