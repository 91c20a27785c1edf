import { setTimeout as sleep } from 'node:timers/promises';
import { parseDelivery } from '@pagekeeper/facebook/webhook-payload';
import { createLog } from '@pagekeeper/runtime/log';
import { createTestDatabase, type TestDatabase } from '@pagekeeper/testing/database';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Services } from '../src/context.ts';
import { closeDatabase, type Database, openDatabase } from '../src/database/database.ts';
import { Inbox } from '../src/webhooks/inbox.ts';

let server: TestDatabase;
let admin: pg.Client;
let database: Database;
let inbox: Inbox;

beforeAll(async () => {
  server = await createTestDatabase();
  admin = new pg.Client({ connectionString: server.adminUrl });
  await admin.connect();
  database = openDatabase({ url: server.urls.app });
  // What comes for pages that nobody claims is neither sealed nor told to workers.
  const { vault, queue } = {} as Services;
  const log = createLog({ name: 'test', level: 'silent' });
  inbox = new Inbox({ database, vault, queue, log, databaseUrl: server.urls.app, namedStatements: true });
});

afterAll(async () => {
  await inbox.close();
  await closeDatabase(database);
  await admin.end();
  await server.drop();
});

/** A delivery of so many changes for a page that nobody claims. */
function deliver(pageId: number, count: number): Promise<void> {
  const changes = Array.from({ length: count }, (_, value) => ({ field: 'feed', value: { value } }));
  return inbox.accept(parseDelivery({ object: 'page', entry: [{ id: String(pageId), changes }] })!);
}

/** Meanwhile no query learns whose page it is. */
async function whileClaimsAreLocked(work: () => Promise<void>): Promise<void> {
  await admin.query('begin');
  await admin.query('lock table page_claims');
  try {
    await work();
  } finally {
    await admin.query('rollback');
  }
}

describe('deliveries that wait for their routes', () => {
  it('are taken up to 20,000 changes, and more are refused until those have their answer', async () => {
    const taken: Promise<void>[] = [];
    await whileClaimsAreLocked(async () => {
      for (let page = 1; page <= 20; page += 1) taken.push(deliver(page, 1_000));
      await expect(deliver(21, 1)).rejects.toMatchObject({ code: 'unavailable' });
      expect(inbox.waiting).toBe(20_000);
    });
    await Promise.all(taken);
    expect(inbox.waiting).toBe(0);
    await deliver(21, 1);
    expect(inbox.counts.unknownPage).toBe(20_001);
  });

  const waiting = `pg_locks where relation = 'page_claims'::regclass and not granted
    and database = (select oid from pg_database where datname = current_database())`;
  const waitingQueries = async () => (await admin.query(`select from ${waiting}`)).rowCount;

  it('cost one query at a time', async () => {
    const taken: Promise<void>[] = [];
    await whileClaimsAreLocked(async () => {
      taken.push(deliver(101, 1));
      await expect.poll(waitingQueries, { timeout: 10_000 }).toBe(1);
      for (let page = 102; page <= 110; page += 1) {
        taken.push(deliver(page, 1));
        await sleep(20);
      }
      expect(await waitingQueries()).toBe(1);
    });
    await Promise.all(taken);
  });

  it('are not spoiled by a query before theirs that fails', async () => {
    const taken: Promise<void>[] = [];
    await whileClaimsAreLocked(async () => {
      const spoiled = expect(deliver(1, 1)).rejects.toThrow();
      await expect.poll(waitingQueries, { timeout: 10_000 }).toBe(1);
      taken.push(deliver(2, 1));
      await admin.query(`select pg_cancel_backend(pid) from ${waiting}`);
      await spoiled;
    });
    await Promise.all(taken);
    expect(inbox.waiting).toBe(0);
  });
});
