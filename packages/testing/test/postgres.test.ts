import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { withClient } from '../src/database/template.ts';
import { removeOutsideData } from '../src/postgres/place.ts';
import { startPostgres } from '../src/postgres.ts';
import { freePort } from '../src/system/ports.ts';
import { isAlive } from '../src/system/process.ts';
import { firstLine, spawnFixture } from './fixtures/run-fixture.ts';

const isRoot = process.getuid?.() === 0;
const nobody = { uid: 65_534, gid: 65_534 };
/** In a checkout below a closed home nobody else can run anything, so there is no such user. */
const isOpenToOthers = isRoot && spawnSync('test', ['-r', fileURLToPath(import.meta.url)], nobody).status === 0;

interface Held {
  pid: number;
  adminUrl: string;
}

let folder: string;
let dataDirectory: string;

beforeEach(() => {
  folder = mkdtempSync(join(inject('servers').folder, 'check-'));
  // As root the server's user must pass through; the test of a closed home closes it again.
  chmodSync(folder, 0o711);
  dataDirectory = join(folder, 'postgres');
});

afterEach(() => {
  if (existsSync(dataDirectory)) removeOutsideData(dataDirectory);
  rmSync(folder, { recursive: true, force: true });
});

test('a second start finds the data of the first, and nothing listens in between', async () => {
  const first = await startPostgres({ dataDirectory });
  await withClient(first.adminUrl, client => client.query(`create table kept as select 'Grüße' as words`));
  await first.stop();
  await first.stop();
  expect(isAlive(first.pid)).toBe(false);
  await expect(withClient(first.adminUrl, client => client.query('select 1'))).rejects.toThrow('ECONNREFUSED');

  const second = await startPostgres({ dataDirectory, settings: { max_connections: 33 } });
  try {
    const { rows } = await withClient(second.adminUrl, client =>
      client.query(
        `select words, upper('über') as upper, current_setting('max_connections') as connections,
                current_setting('fsync') as fsync, current_setting('unix_socket_directories') as sockets,
                current_setting('listen_addresses') as addresses, current_setting('server_encoding') as encoding
         from kept`,
      ),
    );
    expect(rows).toEqual([
      {
        words: 'Grüße',
        upper: 'ÜBER',
        connections: '33',
        fsync: 'on',
        sockets: '',
        addresses: '127.0.0.1',
        encoding: 'UTF8',
      },
    ]);
    const wrongPassword = second.adminUrl.replace(/:[0-9a-f]{48}@/, ':wrong@');
    await expect(withClient(wrongPassword, client => client.query('select 1'))).rejects.toThrow('password');
    expect(statSync(join(dataDirectory, 'superuser-password')).mode & 0o777).toBe(0o600);
    await expect(startPostgres({ dataDirectory })).rejects.toThrow(`are in use by process ${process.pid}.`);
  } finally {
    await second.stop();
  }
});

test('the server of a parent that was killed is ended, and its data are kept', async () => {
  const parent = spawnFixture('hold-postgres.ts', { args: [dataDirectory] });
  const held = await firstLine<Held>(parent);
  await withClient(held.adminUrl, client => client.query('create table kept as select 1 as one'));
  parent.kill('SIGKILL');
  await once(parent, 'exit');
  expect(isAlive(held.pid)).toBe(true);

  const said: string[] = [];
  const next = await startPostgres({ dataDirectory, log: line => said.push(line) });
  try {
    expect(said).toEqual([`Ending the Postgres (process ${held.pid}) that an earlier run left behind.`]);
    expect(isAlive(held.pid)).toBe(false);
    await withClient(next.adminUrl, client => client.query('select one from kept'));
  } finally {
    await next.stop();
  }
});

test('a pid file that names another living program neither stops the start nor harms the program', async () => {
  const first = await startPostgres({ dataDirectory });
  await first.stop();
  const data = dataOf(dataDirectory);
  writeFileSync(join(data, 'postmaster.pid'), `${process.pid}\n${data}\n1\n5432\n\n127.0.0.1\n`);
  const next = await startPostgres({ dataDirectory });
  await next.stop();
  expect(isAlive(next.pid)).toBe(false);
});

test('an interrupted initdb is begun anew', async () => {
  mkdirSync(join(dataDirectory, 'data.new'), { recursive: true });
  writeFileSync(join(dataDirectory, 'data.new', 'PG_VERSION'), '18');
  const postgres = await startPostgres({ dataDirectory });
  await postgres.stop();
  expect(existsSync(join(dataDirectory, 'data.new'))).toBe(false);
});

test('a taken port and data of another version are each a sentence', async () => {
  const server = createServer();
  const port = await freePort();
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve));
  await expect(startPostgres({ dataDirectory, port })).rejects.toThrow(
    `Port ${port} is taken: Postgres cannot listen on it.`,
  );
  server.close();
  writeFileSync(join(dataOf(dataDirectory), 'PG_VERSION'), '17\n');
  await expect(startPostgres({ dataDirectory })).rejects.toThrow(/were made by Postgres 17, this is 18/);
});

describe.runIf(isRoot)('as root', () => {
  test('the data lie where nobody may pass, and a copied checkout does not share them', async () => {
    chmodSync(folder, 0o700);
    const postgres = await startPostgres({ dataDirectory });
    await postgres.stop();
    const data = dataOf(dataDirectory);
    expect(data.startsWith(folder)).toBe(false);
    expect(statSync(data).uid).toBe(nobody.uid);
    const copy = join(folder, 'copy');
    mkdirSync(copy);
    for (const name of ['location.json', 'superuser-password']) {
      writeFileSync(join(copy, name), readFileSync(join(dataDirectory, name)));
    }
    const other = await startPostgres({ dataDirectory: copy });
    await other.stop();
    expect(dataOf(copy)).not.toBe(data);
    removeOutsideData(copy);
    expect(existsSync(data)).toBe(true);

    removeOutsideData(dataDirectory);
    const said: string[] = [];
    const anew = await startPostgres({ dataDirectory, log: line => said.push(line) });
    await anew.stop();
    expect(said).toEqual([`The data in ${dirname(data)} are gone; Postgres begins with empty ones.`]);
  }, 120_000);

  test.runIf(isOpenToOthers)(
    'an ordinary user starts it in the folder itself, and root goes on as that user',
    async () => {
      chmodSync(folder, 0o755);
      mkdirSync(dataDirectory);
      chownSync(dataDirectory, nobody.uid, nobody.gid);
      const child = spawnFixture('hold-postgres.ts', { args: [dataDirectory, 'stop'], user: nobody });
      const exit = once(child, 'exit');
      const held = await firstLine<Held>(child);
      expect(await exit).toEqual([0, null]);
      expect(isAlive(held.pid)).toBe(false);
      expect(existsSync(join(dataDirectory, 'data', 'PG_VERSION'))).toBe(true);
      const asRoot = await startPostgres({ dataDirectory });
      await asRoot.stop();
    },
  );
});

function dataOf(directory: string): string {
  const pointer = join(directory, 'location.json');
  if (!existsSync(pointer)) return join(directory, 'data');
  return join((JSON.parse(readFileSync(pointer, 'utf8')) as { directory: string }).directory, 'data');
}
