import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { System } from './system.ts';

/** Does something in a session of the superuser's own. */
export async function withSession<Result>(
  { databaseUrl }: System,
  work: (session: pg.Client) => Promise<Result>,
): Promise<Result> {
  const session = new pg.Client({ connectionString: databaseUrl });
  session.on('error', () => {});
  await session.connect();
  try {
    return await work(session);
  } finally {
    await session.end();
  }
}

/** Nobody else reads or writes the table for a while. @returns how many waited for it at most */
export async function holdLock(system: System, table: string, ms: number): Promise<number> {
  return await withSession(system, async session => {
    await session.query('begin');
    await session.query(`lock table ${table} in access exclusive mode`);
    const endsAt = Date.now() + ms;
    let most = 0;
    while (Date.now() < endsAt) {
      await sleep(100);
      const { rows } = await session.query(
        'select count(*)::int as count from pg_locks where relation = $1::regclass and not granted',
        [table],
      );
      most = Math.max(most, rows[0].count);
    }
    await session.query('rollback');
    return most;
  });
}

/** Pagekeeper's session looks for a deadlock first (after a second), and so is the one that is ended. */
const oursIsEnded = `set deadlock_timeout = '20s'`;

/** For a while each statement that stores events takes so many seconds. */
export async function slowDown(system: System, seconds: number, ms: number): Promise<void> {
  await withSession(system, async session => {
    await session.query(oursIsEnded);
    await session.query(
      `create or replace function app.be_slow() returns trigger language plpgsql as
       $$ begin perform pg_sleep(${seconds}); return new; end $$`,
    );
    await session.query(
      'create trigger be_slow before insert on webhook_events for each row execute function app.be_slow()',
    );
    await sleep(ms);
    await session.query('drop trigger be_slow on webhook_events');
    await session.query('drop function app.be_slow()');
  });
}

const reachMs = 5_000;

/** Locks events whose replies are under way, and their replies when ours has these and waits for the events. */
export async function crossOnce(system: System): Promise<void> {
  await withSession(system, async session => {
    await session.query(oursIsEnded);
    await session.query('begin');
    const deadline = Date.now() + reachMs;
    let ids: string[] = [];
    while (ids.length === 0 && Date.now() < deadline) {
      const { rows } = await session.query(
        `select r.id from replies r join webhook_events e on e.organization_id = r.organization_id and e.id = r.event_id
         where r.state = 'sending' and e.state = 'pending' limit 4 for update of e skip locked`,
      );
      ids = rows.map(({ id }) => id);
      if (ids.length === 0) await sleep(20);
    }
    await sleep(500);
    await session.query('select from replies where id = any($1) for update', [ids]);
    await session.query('rollback');
  });
}

/** Deadlocks that the server has ended so far. */
export async function deadlocks({ sql }: System): Promise<number> {
  const [row] = await sql<{ deadlocks: string }>(
    'select deadlocks from pg_stat_database where datname = current_database()',
  );
  return Number(row!.deadlocks);
}
