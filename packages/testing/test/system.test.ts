import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { openLocalFolder } from '../src/start/folder.ts';
import { shorten } from '../src/start/logs.ts';
import { endLeftovers, keepRunningList } from '../src/start/running.ts';
import { keepSecrets } from '../src/start/secrets.ts';
import { formatTable } from '../src/start/table.ts';
import { takeLock } from '../src/system/lock.ts';
import { freePort, portProblem } from '../src/system/ports.ts';
import { isAlive, processIdentity } from '../src/system/process.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(inject('servers').folder, 'check-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

test.each(['127.0.0.1', '0.0.0.0', '::'])('a port taken on %s is a sentence with the way out', async host => {
  const server = createServer();
  const port = await freePort();
  await new Promise<void>(resolve => server.listen(port, host, resolve));
  expect(await portProblem(port, 'PORT', 'npm start')).toBe(
    `Port ${port} is taken. Stop what uses it or start with PORT=${port + 1} npm start.`,
  );
  await new Promise(resolve => server.close(resolve));
  expect(await portProblem(port, 'PORT', 'npm start')).toBeNull();
});

test('a lock excludes the living, and those who are dead or have another process in their place do not hold it', () => {
  const file = join(folder, 'lock');
  const lock = takeLock(file);
  expect(lock.taken).toBe(true);
  expect(takeLock(file)).toMatchObject({ taken: false, holder: { pid: process.pid } });
  if (lock.taken) lock.release();
  expect(existsSync(file)).toBe(false);

  writeFileSync(file, JSON.stringify({ pid: process.pid, identity: 'an earlier process with this pid' }));
  expect(takeLock(file).taken).toBe(true);
  writeFileSync(file, 'half a lo');
  expect(takeLock(file).taken).toBe(true);
  expect(readdirSync(folder)).toEqual(['lock']);
});

test('a second start in the same checkout is refused with a sentence', () => {
  const first = openLocalFolder(folder);
  expect(() => openLocalFolder(folder)).toThrow(
    `Pagekeeper already runs from this checkout (process ${process.pid}): stop that one first.`,
  );
  first.release();
  openLocalFolder(folder).release();
});

test('children of a killed start are ended, other programs with their pids are not', async () => {
  const file = join(folder, 'running.json');
  const child = spawn('sleep', ['60']);
  keepRunningList(file).set('api', child.pid!);
  const gone = once(child, 'exit');
  await endLeftovers(file);
  expect(await gone).toEqual([null, 'SIGTERM']);

  const other = spawn('sleep', ['60']);
  writeFileSync(file, JSON.stringify([{ name: 'api', pid: other.pid, identity: 'earlier' }]));
  await endLeftovers(file);
  expect(isAlive(other.pid!)).toBe(true);
  other.kill();
  await once(other, 'exit');
  expect(processIdentity(other.pid!)).toBeNull();
});

test('secrets are made once; a lost or damaged file is not silently replaced', () => {
  const secrets = keepSecrets(folder);
  expect(secrets.pagekeeperKeys).toMatch(/^dev1:[A-Za-z0-9+/]{43}=$/);
  expect(secrets.simulator.appId).toMatch(/^[1-9]\d{14}$/);
  expect(keepSecrets(folder)).toEqual(secrets);
  writeFileSync(join(folder, 'secrets.json'), '{"pagekeeperKeys":');
  expect(() => keepSecrets(folder)).toThrow('is damaged');
  rmSync(join(folder, 'secrets.json'));
  writeFileSync(join(folder, 'postgres'), '');
  expect(() => keepSecrets(folder)).toThrow('is missing');
});

test('log lines are short and below the threshold not there; tables are aligned', () => {
  const line = JSON.stringify({ level: 40, time: 0, name: 'api', msg: 'slow', err: { message: 'timeout' } });
  expect(shorten('api', line, 40)).toMatch(/^\d\d:\d\d:\d\d api {7}WARN {2}slow: timeout$/);
  expect(shorten('api', line, 50)).toBeNull();
  expect(shorten('api', 'plain words', 50)).toBe('api       plain words');
  expect(formatTable([['API', 'http://x'], [], ['Acme OWNER', 'o@x', 'pw'], ['A', 'long@x', 'pw']])).toBe(
    ['  API          http://x', '', '  Acme OWNER   o@x      pw', '  A            long@x   pw'].join('\n'),
  );
});
