import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { System } from './system.ts';

/** Tables that requests, deliveries and jobs read and write all the time. */
const tables = [
  'organizations',
  'organization_memberships',
  'businesses',
  'integrations',
  'facebook_page_integrations',
  'page_claims',
  'threads',
  'replies',
  'webhook_events',
  'api_keys',
  'audit_events',
  'auth.users',
  'auth.sessions',
];

const name = '9999_of_the_next_release';

/**
 * What a migration of the next release may do while this one runs: columns that may be empty or have a default, an index
 * made concurrently, a constraint that is validated afterwards, and its line among the migrations.
 */
export async function expand(system: System): Promise<void> {
  await asOwner(system, async migrate => {
    for (const table of tables) {
      await migrate(`alter table ${table} add column next_release_note text, add column next_release_count integer
        not null default 0`);
    }
    await migrate(`alter table replies add constraint next_release_check check (next_release_count >= 0) not valid`);
    await migrate('alter table replies validate constraint next_release_check');
    await migrate('create index concurrently next_release_index on replies (organization_id, next_release_note)');
    await migrate(`insert into migrations (name, batch, migration_time) values ('${name}', 999, now())`);
  });
}

/** And what it takes back when nobody needs it any more. */
export async function contract(system: System): Promise<void> {
  await asOwner(system, async migrate => {
    await migrate('drop index concurrently if exists next_release_index');
    for (const table of tables) {
      await migrate(`alter table ${table} drop column next_release_note, drop column next_release_count`);
    }
    await migrate(`delete from migrations where name = '${name}'`);
  });
}

type Migrate = (sql: string) => Promise<void>;

/** Each statement by itself, and again where a lock was not to be had soon: whoever waits behind it waits as long. */
async function asOwner({ databaseUrl }: System, work: (migrate: Migrate) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(`set role pagekeeper_owner; set lock_timeout = '500ms'`);
    await work(sql => patiently(client, sql));
  } finally {
    await client.end();
  }
}

async function patiently(client: pg.Client, sql: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await client.query(sql);
      return;
    } catch (error) {
      if ((error as { code?: string }).code !== '55P03' || tries === 100) throw error;
      await sleep(100);
    }
  }
}
