import { randomBytes } from 'node:crypto';
import { connect, createServer, type Server } from 'node:net';
import { roleUrls, withDatabase } from '@pagekeeper/domain/database/roles';
import { createTestDatabase, type TestDatabase } from '@pagekeeper/testing/database';
import { contentsOf } from '@pagekeeper/testing/database/contents';
import { dropDatabase, withClient } from '@pagekeeper/testing/database/template';
import { entryOf, startProcess } from '@pagekeeper/testing/processes';
import { findRedis, type RunningRedis, startRedis } from '@pagekeeper/testing/redis';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Ending, inTurn, type Program, productionVariables, run, type Variables } from './programs.ts';

/** One fault: how it comes about, and the one sentence that each program says of it. */
interface Row {
  fault: string;
  /** Breaks the database, or gives variables that differ from the right ones. */
  make(on: Scene): Promise<Variables | undefined> | Variables | undefined;
  says: string | RegExp;
  /** All three, where nothing else is said. */
  programs?: readonly Program[];
}

interface Scene {
  database: TestDatabase;
  sql(text: string): Promise<unknown>;
  /** The right variables. */
  variables: Variables;
}

const servers = inject('servers');
/** Roles belong to the whole server: the names are this run's alone. */
const suffix = randomBytes(4).toString('hex');
const password = randomBytes(12).toString('hex');
const powerful = {
  passing: `boot_passing_${suffix}`,
  member: `boot_member_${suffix}`,
  creating: `boot_creating_${suffix}`,
  replicating: `boot_replicating_${suffix}`,
  follower: `boot_follower_${suffix}`,
};
const elsewhere = `${servers.prefix}${randomBytes(6).toString('hex')}`;

let redis: RunningRedis | undefined;
const open: Server[] = [];

beforeAll(async () => {
  await withClient(servers.adminUrl, async client => {
    await client.query(`create role ${powerful.passing} login bypassrls password '${password}'`);
    await client.query(`create role ${powerful.member} login password '${password}'`);
    await client.query(`grant pagekeeper_owner to ${powerful.member}`);
    await client.query(`create role ${powerful.creating} login createrole password '${password}'`);
    await client.query(`create role ${powerful.replicating} login replication password '${password}'`);
    await client.query(`create role ${powerful.follower} login password '${password}'`);
    await client.query(`grant ${powerful.replicating} to ${powerful.follower}`);
    await client.query(`create database ${elsewhere}`);
  });
  if (findRedis()) redis = await startRedis(servers.folder);
});

afterAll(async () => {
  for (const server of open) server.close();
  await redis?.stop();
  await dropDatabase(servers.adminUrl, elsewhere);
  await withClient(servers.adminUrl, async client => {
    for (const role of Object.values(powerful)) await client.query(`drop role ${role}`);
  });
});

const as = (url: string, role: string) => Object.assign(new URL(url), { username: role, password }).href;
const withPassword = (url: string, wrong: string) => Object.assign(new URL(url), { password: wrong }).href;

const notHeld = (name: string, role: string, power: string, right: string) =>
  `${name} logs in as ${role}, which ${power}: row level security would not hold it. Use the URL of ${right}.`;

/** The right variables, but for DATABASE_URL, which logs in as this role. */
async function appAs(role: string, { database, sql }: Scene): Promise<Variables> {
  await sql(`grant connect on database ${database.name} to ${role}`);
  return { DATABASE_URL: as(database.urls.app, role) };
}

const roles: Row[] = [
  {
    fault: 'the app role is a superuser',
    make: ({ database }) => ({ DATABASE_URL: database.adminUrl }),
    says: /^DATABASE_URL logs in as \w+, which is a superuser: row level security would not hold it\. Use the URL of pagekeeper_app\.$/,
  },
  {
    fault: 'the app role is the owner',
    make: ({ database }) => ({ DATABASE_URL: database.urls.owner }),
    says: notHeld('DATABASE_URL', 'pagekeeper_owner', 'owns our tables or the database', 'pagekeeper_app'),
  },
  {
    fault: 'the app role has BYPASSRLS',
    make: scene => appAs(powerful.passing, scene),
    says: notHeld('DATABASE_URL', powerful.passing, 'has BYPASSRLS', 'pagekeeper_app'),
  },
  {
    fault: 'the app role is a member of the owner',
    make: ({ database }) => ({ DATABASE_URL: as(database.urls.app, powerful.member) }),
    says: notHeld('DATABASE_URL', powerful.member, 'is a member of pagekeeper_owner', 'pagekeeper_app'),
  },
  {
    fault: 'the app role may create roles, and so make itself the owner',
    make: scene => appAs(powerful.creating, scene),
    says: notHeld('DATABASE_URL', powerful.creating, 'has CREATEROLE', 'pagekeeper_app'),
  },
  {
    fault: 'the app role may read the write-ahead log',
    make: scene => appAs(powerful.replicating, scene),
    says: notHeld('DATABASE_URL', powerful.replicating, 'has REPLICATION', 'pagekeeper_app'),
  },
  {
    fault: 'the app role is a member of one that may read the write-ahead log',
    make: scene => appAs(powerful.follower, scene),
    says: notHeld('DATABASE_URL', powerful.follower, `is a member of ${powerful.replicating}`, 'pagekeeper_app'),
  },
  {
    fault: 'the app role is another role of ours',
    make: ({ database }) => ({ DATABASE_URL: database.urls.auth }),
    says: 'DATABASE_URL logs in as pagekeeper_auth, not as pagekeeper_app.',
  },
  {
    fault: 'the auth role is a superuser',
    make: ({ database }) => ({ AUTH_DATABASE_URL: database.adminUrl }),
    says: /^AUTH_DATABASE_URL logs in as \w+, which is a superuser: .* Use the URL of pagekeeper_auth\.$/,
    programs: ['api'],
  },
  {
    fault: 'the auth role has BYPASSRLS',
    make: async ({ database, sql }) => {
      await sql(`grant connect on database ${database.name} to ${powerful.passing}`);
      return { AUTH_DATABASE_URL: as(database.urls.auth, powerful.passing) };
    },
    says: notHeld('AUTH_DATABASE_URL', powerful.passing, 'has BYPASSRLS', 'pagekeeper_auth'),
    programs: ['api'],
  },
  {
    fault: 'the accounts are in another database',
    make: ({ database }) => ({ AUTH_DATABASE_URL: withDatabase(database.urls.auth, elsewhere) }),
    says: new RegExp(`^AUTH_DATABASE_URL leads to the database ${elsewhere}, DATABASE_URL to \\w+\\.$`),
    programs: ['api'],
  },
  {
    fault: 'the queue role is the owner',
    make: ({ database }) => ({ QUEUE_DATABASE_URL: database.urls.owner }),
    says: notHeld('QUEUE_DATABASE_URL', 'pagekeeper_owner', 'owns our tables or the database', 'pagekeeper_queue'),
    programs: ['api', 'worker'],
  },
];

const servings: Row[] = [
  {
    fault: 'nobody listens at the database',
    make: ({ database }) => ({ DATABASE_URL: Object.assign(new URL(database.urls.app), { port: '1' }).href }),
    says: 'The database at DATABASE_URL cannot be reached (ECONNREFUSED).',
  },
  {
    fault: 'the database takes the connection and says nothing',
    make: async ({ database }) => {
      const port = await listen(createServer(() => {}));
      return { DATABASE_URL: Object.assign(new URL(database.urls.app), { port }).href };
    },
    says: 'The database at DATABASE_URL does not answer.',
  },
  {
    fault: 'the password is wrong',
    make: ({ database }) => ({ DATABASE_URL: withPassword(database.urls.app, 'hunter2') }),
    says: 'The database at DATABASE_URL refuses the login.',
  },
  {
    fault: 'there is no such database',
    make: ({ database }) => ({ DATABASE_URL: withDatabase(database.urls.app, `${database.name}_none`) }),
    says: 'The database at DATABASE_URL does not exist: pagekeeper roles makes it.',
  },
  {
    fault: 'the clocks are a minute apart',
    make: () => ({
      NODE_OPTIONS: '--import=data:text/javascript,const%20now=Date.now;Date.now=()=>now()+60000',
    }),
    says: /^The clocks of this machine and of the database are (59|60|61) seconds apart: let NTP set both\.$/,
  },
  {
    fault: 'business time is moved',
    make: ({ sql }) => sql(`update app.clock set clock_offset = '1 hour'`).then(nothing),
    says: 'The database clock is moved (app.clock), which is for tests only.',
  },
];

const tables: Row[] = [
  {
    fault: 'row level security of a table is not forced',
    make: ({ sql }) => sql('alter table businesses no force row level security').then(nothing),
    says: guarded('public.businesses has no forced row level security'),
  },
  {
    fault: 'row level security of a table is off',
    make: ({ sql }) => sql('alter table organizations disable row level security').then(nothing),
    says: guarded('public.organizations has no forced row level security'),
  },
  {
    fault: 'row level security of people is not forced',
    make: ({ sql }) => sql('alter table auth.users no force row level security').then(nothing),
    says: guarded('auth.users has no forced row level security'),
  },
  {
    fault: 'a table has lost its policy',
    make: ({ sql }) => sql('drop policy tenant on replies').then(nothing),
    says: guarded('public.replies has no policy for the role of DATABASE_URL'),
  },
  {
    fault: 'a policy lets everybody read',
    make: ({ sql }) => sql('alter policy tenant on replies using (true)').then(nothing),
    says: guarded('public.replies has a policy that says something else than its tenant'),
  },
  {
    fault: 'a policy lets everybody write',
    make: ({ sql }) => sql('alter policy tenant on replies with check (true)').then(nothing),
    says: guarded('public.replies has a policy that says something else than its tenant'),
  },
  {
    fault: 'a policy is for reading alone',
    make: ({ sql }) =>
      sql(`do $$ declare words text := (select pg_get_expr(polqual, polrelid) from pg_policy
        where polrelid = 'threads'::regclass and polname = 'tenant');
        begin drop policy tenant on threads;
        execute 'create policy tenant on threads for select to pagekeeper_app using ' || words; end $$`).then(nothing),
    says: guarded('public.threads has a policy that says something else than its tenant'),
  },
  {
    fault: 'a second policy opens a table to all',
    make: ({ sql }) => sql('create policy backdoor on api_keys for select using (true)').then(nothing),
    says: guarded('public.api_keys has more than its one policy for the role of DATABASE_URL'),
  },
  {
    fault: 'a table can be truncated',
    make: ({ sql }) => sql('grant truncate on audit_events to pagekeeper_app').then(nothing),
    says: guarded('public.audit_events can be truncated by the role of DATABASE_URL, past row level security'),
  },
  {
    fault: 'a partition of the events can be read directly',
    make: ({ sql }) =>
      sql('create policy backdoor on partitions.webhook_events_default for select to pagekeeper_app using (true)').then(
        nothing,
      ),
    says: guarded('partitions.webhook_events_default is a partition and has a policy'),
  },
];

const schemas: Row[] = [
  {
    fault: 'the schema is behind',
    make: ({ sql }) => sql('delete from migrations where id = (select max(id) from migrations)').then(nothing),
    says: /^The database lacks the migration \d{4}_\w+\. Run the migrations first\.$/,
  },
  {
    fault: 'a migration was left out',
    make: ({ sql }) => sql(`delete from migrations where name = '0004_webhooks'`).then(nothing),
    says: 'The database lacks the migration 0004_webhooks. Run the migrations first.',
  },
  {
    fault: 'the schema is ahead',
    make: ({ sql }) =>
      sql(`insert into migrations (name, batch, migration_time) values ('9999_future', 99, now())`).then(nothing),
    says: 'The database has the migration 9999_future, which is newer than this release. Start that release instead.',
  },
  {
    fault: 'the database is empty',
    make: ({ variables }) => {
      const urls = roleUrls(servers.adminUrl, { database: elsewhere, passwords: servers.passwords });
      return { DATABASE_URL: urls.app, AUTH_DATABASE_URL: variables.AUTH_DATABASE_URL && urls.auth };
    },
    says: /^The database lacks the migration \d{4}_\w+\. Run the migrations first\.$/,
  },
  {
    fault: 'the queue has no schema',
    make: ({ sql }) => sql('drop schema bullmq cascade').then(nothing),
    says: "The queue's schema is not in this database: run the migrations first.",
    programs: ['api', 'worker'],
  },
];

const keys: Row[] = [
  {
    fault: 'the key is another by the same name',
    make: async scene => {
      await begin(scene);
      return { PAGEKEEPER_KEYS: `k1:${randomBytes(32).toString('base64')}` };
    },
    says: /^The key k1 in PAGEKEEPER_KEYS is not the one that wrapped ".*", or that row was changed\.$/,
  },
  {
    fault: 'the key that the database needs is missing',
    make: async scene => {
      await begin(scene);
      return { PAGEKEEPER_KEYS: `k2:${randomBytes(32).toString('base64')}` };
    },
    says: 'PAGEKEEPER_KEYS lacks the key k1, which this database needs.',
  },
];

const queues: Row[] = [
  {
    fault: 'Redis may evict',
    make: async () => {
      await redis!.ask('config', 'set', 'maxmemory-policy', 'allkeys-lru');
      return onRedis(redis!.url);
    },
    says: 'Redis may evict jobs: set its maxmemory-policy to "noeviction" (it is "allkeys-lru").',
  },
  {
    fault: 'Redis is too old',
    make: async () => {
      await redis!.ask('config', 'set', 'maxmemory-policy', 'noeviction');
      return onRedis(`redis://127.0.0.1:${await listen(agedRedis(redis!.port))}`);
    },
    says: /^Redis 5\.[\d.]+ is too old: the queue needs 6\.2 or newer\.$/,
  },
  {
    fault: 'nobody listens at Redis',
    make: () => onRedis('redis://127.0.0.1:1'),
    says: /^The queue could not ask Redis for its settings: \w+\.$/,
  },
  {
    fault: 'Redis takes the connection and says nothing',
    make: async () => onRedis(`redis://127.0.0.1:${await listen(createServer(() => {}))}`),
    says: 'The queue at REDIS_URL does not answer.',
  },
];

const onRedis = (url: string): Variables => ({ QUEUE_DATABASE_URL: undefined, REDIS_URL: url });

function guarded(lack: string): string {
  return `The table ${lack}. Run the migrations, or put back what schema.sql says.`;
}

const nothing = () => undefined;

/** The first process on a database makes the system's own keys. */
async function begin({ variables }: Scene): Promise<void> {
  const { code, sentences } = await run('cli', variables);
  expect([code, sentences]).toEqual([0, expect.anything()]);
}

async function listen(server: Server): Promise<string> {
  open.push(server);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return String((server.address() as { port: number }).port);
}

/** In front of a real Redis: passes everything on, but the release that it says it is. */
const agedRedis = (port: number): Server =>
  createServer(client => {
    const upstream = connect(port, '127.0.0.1');
    client.pipe(upstream);
    upstream.on('data', data =>
      client.write(Buffer.from(data.toString('latin1').replace(/redis_version:\d/, 'redis_version:5'), 'latin1')),
    );
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  });

/** Five where nothing else runs: the checks give up after 3. Tests run beside others, which may take most of a machine. */
const maxSeconds = 20;

const expectSentence = (program: Program, { code, sentences, stdout, seconds }: Ending, says: Row['says']) => {
  const sentence = typeof says === 'string' ? says : expect.stringMatching(says);
  expect({ program, code, sentences, stdout }).toEqual({ program, code: 1, sentences: [sentence], stdout: '' });
  expect(seconds, program).toBeLessThan(maxSeconds);
};

const needed: Record<Program, (variables: Variables) => Variables> = {
  api: variables => variables,
  worker: ({ AUTH_DATABASE_URL: _url, AUTH_SECRET: _secret, PORT: _port, ...variables }) => variables,
  cli: ({ NODE_ENV, NODE_OPTIONS, DATABASE_URL, PAGEKEEPER_KEYS }) => ({
    NODE_ENV,
    NODE_OPTIONS,
    DATABASE_URL,
    PAGEKEEPER_KEYS,
  }),
};

const rows = { roles, servings, tables, schemas, keys };

describe.each(Object.entries(rows))('%s', (_name, faults) => {
  for (const row of faults) it(`${row.fault}: exit 1, one sentence, nothing written`, () => refuse(row));
});

describe.skipIf(!findRedis())('Redis', () => {
  for (const row of queues) {
    it(`${row.fault}: exit 1, one sentence, nothing written`, async () => {
      await refuse({ ...row, programs: ['api', 'worker'] });
      expect(await redis!.ask('dbsize')).toBe(':0');
    });
  }
});

async function refuse({ make, says, programs: all = ['api', 'worker', 'cli'] }: Row): Promise<void> {
  const programs = inTurn(all);
  const database = await createTestDatabase();
  try {
    const variables = productionVariables(database);
    const sql = (text: string) => withClient(database.adminUrl, client => client.query(text));
    const changed = { ...variables, ...(await make({ database, sql, variables })) };
    const before = await contentsOf(database.adminUrl);
    const endings = await Promise.all(programs.map(program => run(program, needed[program](changed))));
    for (const [index, program] of programs.entries()) {
      expectSentence(program, endings[index]!, says);
    }
    expect(await contentsOf(database.adminUrl)).toEqual(before);
    const said = JSON.stringify(endings);
    for (const secret of [servers.passwords.app, password, 'hunter2', ...ringOf(changed)]) {
      expect(said).not.toContain(secret);
    }
  } finally {
    await database.drop();
  }
}

const ringOf = ({ PAGEKEEPER_KEYS }: Variables) => [PAGEKEEPER_KEYS!.split(':')[1]!];

it('several faults are told together, a sentence each', async () => {
  const database = await createTestDatabase();
  const variables = {
    ...productionVariables(database),
    DATABASE_URL: database.urls.owner,
    QUEUE_DATABASE_URL: database.urls.app,
  };
  const { code, sentences } = await run('api', variables);
  expect(code).toBe(1);
  expect(sentences).toEqual([
    notHeld('DATABASE_URL', 'pagekeeper_owner', 'owns our tables or the database', 'pagekeeper_app'),
    'QUEUE_DATABASE_URL logs in as pagekeeper_app, not as pagekeeper_queue.',
  ]);
  await database.drop();
});

it('api and worker start where nothing is wrong', async () => {
  const database = await createTestDatabase();
  const variables = productionVariables(database);
  for (const name of ['api', 'worker'] as const) {
    const started = await startProcess({ name, entry: entryOf(name), env: needed[name](variables) });
    expect(await started.stop()).toMatchObject({ code: 0 });
  }
  await database.drop();
});
