import { createTestDatabase, type TestDatabase } from '@pagekeeper/testing/database';
import pg from 'pg';
import { closeDatabase, type Database, openDatabase } from '../src/database/database.ts';

/** A database of its own, with a superuser's connection and the app's pool. */
export interface OpenTestDatabase {
  server: TestDatabase;
  admin: pg.Client;
  database: Database;
  close(): Promise<void>;
}

export async function openTestDatabase(): Promise<OpenTestDatabase> {
  const server = await createTestDatabase();
  const admin = new pg.Client({ connectionString: server.adminUrl });
  await admin.connect();
  const database = openDatabase({ url: server.urls.app });
  const close = async () => {
    await closeDatabase(database);
    await admin.end();
    await server.drop();
  };
  return { server, admin, database, close };
}
