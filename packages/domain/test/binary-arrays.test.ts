import { createTestDatabase, type TestDatabase } from '@pagekeeper/testing/database';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { byteaArray, int4Array, textArray, uuidArray } from '../src/database/binary-arrays.ts';
import { newId } from '../src/ids.ts';

let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase();
  client = new pg.Client({ connectionString: database.adminUrl });
  await client.connect();
});

afterAll(async () => {
  await client.end();
  await database.drop();
});

/** What Postgres read, and that it read an array which counts from 1. */
async function read(type: string, array: Buffer): Promise<unknown[]> {
  const { rows } = await client.query(
    `select $1::${type}[] as read, coalesce(array_lower($1::${type}[], 1), 1) as first`,
    [array],
  );
  expect(rows[0].first).toBe(1);
  return rows[0].read;
}

it('Postgres reads from an array what was put into it', async () => {
  const bytes = fc.option(fc.uint8Array({ maxLength: 300 }).map(value => Buffer.from(value)));
  const text = fc.string({ unit: 'grapheme' }).map(value => value.replaceAll('\0', ''));
  await fc.assert(
    fc.asyncProperty(fc.array(bytes), fc.array(text), fc.array(fc.integer()), async (blobs, texts, numbers) => {
      expect(await read('bytea', byteaArray(blobs))).toEqual(blobs);
      expect(await read('text', textArray(texts))).toEqual(texts);
      expect(await read('int4', int4Array(numbers))).toEqual(numbers);
      const ids = numbers.map(() => newId());
      expect(await read('uuid', uuidArray(ids))).toEqual(ids);
    }),
    { numRuns: 50 },
  );
});

it('Postgres refuses an array of another type', async () => {
  await expect(read('text', byteaArray([Buffer.from('x')]))).rejects.toMatchObject({ code: '42804' });
});
