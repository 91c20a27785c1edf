import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import type {} from '@pagekeeper/testing/global-setup';
import { freePort } from '@pagekeeper/testing/system/ports';
import { Redis } from 'ioredis';
import { inject } from 'vitest';

export interface QueueServers {
  /** Null where there is no Redis. */
  redisUrl: string | null;
  /** As a superuser. */
  postgresAdminUrl: string;
}

/** The servers of this run. */
export function queueServers(): QueueServers {
  const { redisUrl, adminUrl } = inject('servers');
  return { redisUrl, postgresAdminUrl: adminUrl };
}

/** Tests that need a Redis of their own are skipped where there is none; with CI=true the run does not even start. */
export const hasRedis = inject('servers').redisUrl !== null;

/** What carries a queue here. */
export const backends: readonly ('redis' | 'postgres')[] = hasRedis ? ['redis', 'postgres'] : ['postgres'];

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
