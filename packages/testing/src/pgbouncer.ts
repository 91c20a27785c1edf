import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RolePasswords } from '@pagekeeper/domain/database/roles';
import pg from 'pg';
import { freePort } from './system/ports.ts';
import { endProcess } from './system/process.ts';

export interface RunningPgBouncer {
  port: number;
  stop(): Promise<void>;
}

/** True where Debian's `pgbouncer` is installed. */
export const findPgBouncer = (): boolean => spawnSync('pgbouncer', ['--version']).status === 0;

/**
 * Starts a PgBouncer in transaction mode before a Postgres, for any database of it and for the roles of the processes.
 * @param parentFolder where its (small) working folder is made
 */
export async function startPgBouncer(
  adminUrl: string,
  { app, auth }: Pick<RolePasswords, 'app' | 'auth'>,
  parentFolder: string,
): Promise<RunningPgBouncer> {
  if (!findPgBouncer()) throw new Error('There is no pgbouncer here: apt-get install pgbouncer.');
  const folder = mkdtempSync(join(parentFolder, 'pgbouncer-'));
  const port = await freePort();
  const server = new URL(adminUrl);
  const users = join(folder, 'users.txt');
  writeFileSync(users, `"pagekeeper_app" "${app}"\n"pagekeeper_auth" "${auth}"\n`);
  const config = join(folder, 'pgbouncer.ini');
  writeFileSync(
    config,
    `[databases]
* = host=${server.hostname} port=${server.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
pool_mode = transaction
auth_type = scram-sha-256
auth_file = ${users}
default_pool_size = 12
max_client_conn = 2000
server_idle_timeout = 5
server_login_retry = 1
log_connections = 0
log_disconnections = 0
`,
  );
  // As root it serves as nobody, who must read its files.
  const isRoot = process.getuid?.() === 0;
  if (isRoot) chmodSync(folder, 0o755);
  const child = spawn('pgbouncer', ['-q', ...(isRoot ? ['-u', 'nobody'] : []), config], {
    stdio: 'ignore',
    detached: true,
  });
  child.unref();
  let gone = child.pid === undefined;
  child.once('exit', () => {
    gone = true;
  });
  const stop = async () => {
    if (child.pid)
      await endProcess(child.pid, [
        { signal: 'SIGTERM', waitMs: 2_000 },
        { signal: 'SIGKILL', waitMs: 2_000 },
      ]);
    rmSync(folder, { recursive: true, force: true });
  };
  for (let waited = 0; waited < 10_000 && !gone; waited += 50) {
    if (await answers(port, app)) return { port, stop };
    await sleep(50);
  }
  await stop();
  throw new Error(`pgbouncer did not start on port ${port}.`);
}

async function answers(port: number, password: string): Promise<boolean> {
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'pagekeeper_app', password, database: 'postgres' });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch (error) {
    // The role may not enter this database: then it was asked.
    return /permission denied|does not exist/.test(String(error));
  } finally {
    await client.end().catch(() => {});
  }
}

/** A role's URL, through the PgBouncer on that port. */
export function throughPgBouncer(url: string, port: number): string {
  const through = new URL(url);
  through.hostname = '127.0.0.1';
  through.port = String(port);
  return through.href;
}
