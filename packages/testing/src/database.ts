import { randomBytes } from 'node:crypto';
import type { RoleUrls } from '@pagekeeper/domain/database/roles';
import { roleUrls, withDatabase } from '@pagekeeper/domain/database/roles';
import { inject } from 'vitest';
import { copyTemplate, dropDatabase } from './database/template.ts';
import type { TestServers } from './global-setup.ts';

export interface TestDatabase {
  name: string;
  /** One URL per role, as the processes get them. */
  urls: RoleUrls;
  /** The superuser's URL of this database: for what a test must see or break behind row security. */
  adminUrl: string;
  /** Drops it, ending whatever is still connected. */
  drop(): Promise<void>;
}

/** A migrated, empty database of its own for a test, copied from the run's template. */
export async function createTestDatabase(servers: TestServers = inject('servers')): Promise<TestDatabase> {
  const name = `${servers.prefix}${randomBytes(6).toString('hex')}`;
  await copyTemplate(servers.adminUrl, servers.template, name);
  return {
    name,
    urls: roleUrls(servers.adminUrl, { database: name, passwords: servers.passwords }),
    adminUrl: withDatabase(servers.adminUrl, name),
    drop: () => dropDatabase(servers.adminUrl, name),
  };
}
