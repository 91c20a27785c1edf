import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import pg from 'pg';
import { inject } from 'vitest';

export interface QueueServers {
  redisUrl: string;
  /** As a superuser. */
  postgresAdminUrl: string;
  stop(): Promise<void>;
}

/** The servers to test against: those the run provides, or own ones. */
export async function queueServers(): Promise<QueueServers> {
  const given = (key: string, variable: string) =>
    (inject(key as never) as string | undefined) ?? process.env[variable];
  const redisUrl = given('redisUrl', 'TEST_REDIS_URL');
  const postgresAdminUrl = given('postgresAdminUrl', 'TEST_POSTGRES_URL');
  const redis = redisUrl ? undefined : await startRedis();
  const postgres = postgresAdminUrl ? undefined : await startPostgres();
  return {
    redisUrl: redisUrl ?? redis!.url,
    postgresAdminUrl: postgresAdminUrl ?? postgres!.url,
    stop: async () => {
      await Promise.all([redis?.stop(), postgres?.stop()]);
    },
  };
}

export interface OwnRedis {
  url: string;
  stop(): Promise<void>;
  /** On the same port, empty. */
  start(): Promise<void>;
  /** It keeps its connections and answers nothing. */
  freeze(): void;
}

/** A Redis of the test's own, which it may stop, flush and fill. Nothing is persisted. */
export async function startRedis(...settings: string[]): Promise<OwnRedis> {
  const port = await freePort();
  let server: ChildProcess | undefined;
  // A test that failed before it could stop its server must not leave it behind.
  process.once('exit', () => server?.kill('SIGKILL'));
  const start = async () => {
    const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', ...settings];
    server = spawn('redis-server', args, { stdio: 'ignore', cwd: tmpdir() });
    const client = new Redis({ port, host: '127.0.0.1', retryStrategy: () => 20, maxRetriesPerRequest: null });
    client.on('error', () => {});
    await client.ping();
    client.disconnect();
  };
  const stop = async () => {
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const exited = once(server, 'exit');
    server.kill('SIGKILL');
    await exited;
  };
  await start();
  return { url: `redis://127.0.0.1:${port}`, start, stop, freeze: () => server?.kill('SIGSTOP') };
}

async function startPostgres(): Promise<{ url: string; stop(): Promise<void> }> {
  const run = promisify(execFile);
  const bin = '/usr/lib/postgresql/15/bin';
  // Postgres refuses to run as root.
  const uid = Number((await run('id', ['-u', 'nobody'])).stdout);
  const gid = Number((await run('id', ['-g', 'nobody'])).stdout);
  const as = process.getuid?.() === 0 ? { uid, gid } : {};
  const data = await mkdtemp(join(tmpdir(), 'queue-postgres-'));
  if (process.getuid?.() === 0) await chown(data, uid, gid);
  await run(`${bin}/initdb`, ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync'], {
    ...as,
    cwd: tmpdir(),
  });
  const port = await freePort();
  const settings = ['-F', '-p', String(port), '-h', '127.0.0.1', '-c', 'unix_socket_directories='];
  const server = spawn(`${bin}/postgres`, ['-D', data, ...settings], { ...as, stdio: 'ignore', cwd: tmpdir() });
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  await untilItAnswers(url);
  return {
    url,
    stop: async () => {
      const exited = once(server, 'exit');
      server.kill('SIGINT');
      await exited;
      await rm(data, { recursive: true, force: true });
    },
  };
}

async function untilItAnswers(url: string): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => {});
    const connected = await client.connect().then(
      () => true,
      () => false,
    );
    await client.end().catch(() => {});
    if (connected) return;
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  throw new Error('The test Postgres did not start.');
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
