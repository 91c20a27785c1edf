import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { closeDatabase, openDatabase } from '../src/database/database.ts';
import { keepEventPartitions } from '../src/database/event-partitions.ts';
import { newId } from '../src/ids.ts';
import { type OpenTestDatabase, openTestDatabase } from './open-test-database.ts';

let opened: OpenTestDatabase;
let server: OpenTestDatabase['server'];
let admin: OpenTestDatabase['admin'];
let database: OpenTestDatabase['database'];
const organization = newId();

beforeAll(async () => {
  opened = await openTestDatabase();
  ({ server, admin, database } = opened);
});

afterAll(() => opened?.close());

/** An event of so many days ago by its own time, which came so many days ago. Returns its id. */
async function event(age: number, options: { state?: string; cameDaysAgo?: number } = {}): Promise<string> {
  const { state = 'processed', cameDaysAgo = 0 } = options;
  const { rows } = await admin.query(
    `insert into webhook_events (organization_id, id, integration_id, page_id, kind, payload, state, received_at)
     values ($1, overlay(gen_random_uuid()::text placing substr(app.event_id_at(now() - $2 * interval '1 day')::text, 1, 13)
       from 1 for 13)::uuid, gen_random_uuid(), '1', 'message', '', $3, now() - $4 * interval '1 day')
     returning id`,
    [organization, age, state, cameDaysAgo],
  );
  return rows[0].id;
}

const placeOf = async (id: string): Promise<string | undefined> =>
  (await admin.query('select tableoid::regclass::text as place from webhook_events where id = $1', [id])).rows[0]
    ?.place;

const moveClock = (days: number) => admin.query(`update app.clock set clock_offset = $1 * interval '1 day'`, [days]);

it('an event of this week lies in its week, one of the far future or past in the default partition', async () => {
  expect(await placeOf(await event(0))).toMatch(/^partitions\.webhook_events_\d{8}$/);
  expect(await placeOf(await event(400))).toBe('partitions.webhook_events_default');
  expect(await placeOf(await event(-200))).toBe('partitions.webhook_events_default');
});

it('weeks are made ahead once, and what came for one before it was there is moved into it', async () => {
  const early = await event(-40);
  expect(await placeOf(early)).toBe('partitions.webhook_events_default');
  await moveClock(30);
  const { made } = await keepEventPartitions(database, 90);
  expect(made).toBeGreaterThan(0);
  expect(await placeOf(early)).toMatch(/^partitions\.webhook_events_\d{8}$/);
  expect((await keepEventPartitions(database, 90)).made).toBe(0);
});

it('weeks past their time are dropped, save those with something to do; others leave by the day they came', async () => {
  await moveClock(0);
  const [done, open] = [await event(0), await event(-8, { state: 'pending' })];
  const [old, fresh] = [await event(800, { cameDaysAgo: 100 }), await event(800)];
  const waiting = await event(800, { cameDaysAgo: 100, state: 'pending' });
  expect((await keepEventPartitions(database, 90)).forgotten).toBe(1);
  expect(await placeOf(old)).toBeUndefined();
  expect(await placeOf(fresh)).toBeDefined();
  expect(await placeOf(waiting)).toBeDefined();
  await moveClock(120);
  expect((await keepEventPartitions(database, 90)).dropped).toBeGreaterThan(0);
  expect(await placeOf(done)).toBeUndefined();
  expect(await placeOf(open)).toBeDefined();
  // A deactivated organization's, say.
  await moveClock(170);
  await keepEventPartitions(database, 90);
  expect([await placeOf(open), await placeOf(waiting)]).toEqual([undefined, undefined]);
});

it('weeks are seven times 24 hours, also where the database has summer time', async () => {
  const { rows } = await admin.query('select current_database() as name');
  await admin.query(`alter database ${rows[0].name} set timezone = 'Europe/Berlin'`);
  const berlin = openDatabase({ url: server.urls.app });
  try {
    // The last Sundays of March and of October lie among the weeks that are made ahead, and among those of later runs.
    for (const day of ['2031-03-10', '2031-04-08', '2031-10-08', '2031-11-05']) {
      await admin.query(`update app.clock set clock_offset = $1::timestamptz - now()`, [`${day} 12:00+00`]);
      await keepEventPartitions(berlin, 3_650);
    }
  } finally {
    await closeDatabase(berlin);
    await admin.query(`alter database ${rows[0].name} reset timezone`);
    await moveClock(0);
  }
  const weeks = await admin.query(
    `select relname, substring(pg_get_expr(relpartbound, oid) from '(?<=FROM \\('')[0-9a-f-]{13}') as first
     from pg_class where relname ~ '^webhook_events_2031[0-9]{4}$' and relispartition order by relname`,
  );
  const monday = (day: string) => new Date(`${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}T00:00:00Z`);
  expect(weeks.rows.length).toBeGreaterThan(15);
  for (const { relname, first } of weeks.rows) {
    const begins = monday(relname.slice(-8));
    expect([relname, begins.getUTCDay()]).toEqual([relname, 1]);
    expect(Number.parseInt(first.replace('-', ''), 16)).toBe(begins.getTime());
  }
});

it('the words of a reply go with its event, whether it was sent or not, and the reply stays', async () => {
  await moveClock(0);
  // Without the organization and the integration that it belongs to.
  await admin.query('set session_replication_role = replica');
  const reply = async (age: number, state: string): Promise<string> => {
    const id = newId();
    await admin.query(
      `insert into replies (organization_id, id, integration_id, event_id, page_id, source_id, kind, state, reason,
         text, created_at)
       values ($1, $2::uuid, $2::uuid, $2::uuid, '1', 'mid.' || $2::uuid, 'message', $3, '', 'sealed words', now() - $4 * interval '1 day')`,
      [organization, id, state, age],
    );
    return id;
  };
  const [old, fresh, unsent] = [await reply(91, 'sent'), await reply(89, 'sent'), await reply(91, 'claimed')];
  await admin.query('reset session_replication_role');
  expect((await keepEventPartitions(database, 90)).wordless).toBe(2);
  const { rows } = await admin.query('select id, text is not null as has_words from replies');
  expect(new Map(rows.map(row => [row.id, row.has_words]))).toEqual(
    new Map([
      [old, false],
      [fresh, true],
      [unsent, false],
    ]),
  );
});

it('nothing younger than the windows for replies can be dropped', async () => {
  await moveClock(0);
  await expect(keepEventPartitions(database, 7)).rejects.toThrow('younger than the windows');
});

it('a new week is as closed as the others: the app role reads it only through the table', async () => {
  const app = new pg.Client({ connectionString: server.urls.app });
  await app.connect();
  const place = (await placeOf(await event(0)))!;
  await expect(app.query(`select from ${place}`)).rejects.toThrow('permission denied');
  expect((await app.query('select id from webhook_events')).rows).toEqual([]);
  await app.end();
});
