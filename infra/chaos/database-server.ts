import { setTimeout as sleep } from 'node:timers/promises';
import { type PostgresOptions, type RunningPostgres, startPostgres } from '@pagekeeper/testing/postgres';
import { freePort } from '@pagekeeper/testing/system/ports';

export interface DatabaseServer {
  adminUrl: string;
  port: number;
  /** Ends the server, cleanly or as a crash would, and starts it again on the same data and port. */
  restart(how: 'clean' | 'crash', downMs: number): { gone: Promise<void>; back: Promise<void> };
  /** Starts it again if it has ended by itself, as a supervisor would. True when it had. */
  revive(): Promise<boolean>;
  stop(): Promise<void>;
}

/** A Postgres that can go away and come back. */
export async function startDatabaseServer(options: PostgresOptions): Promise<DatabaseServer> {
  const settings = { ...options, port: await freePort() };
  let postgres = await startPostgres(settings);
  return {
    adminUrl: postgres.adminUrl,
    port: settings.port,
    restart: (how, downMs) => {
      const gone = end(postgres, how);
      const back = gone.then(async () => {
        await sleep(downMs);
        postgres = await startPostgres(settings);
      });
      return { gone, back };
    },
    revive: async () => {
      const isGone = await Promise.race([postgres.exited.then(() => true), sleep(0, false)]);
      if (!isGone) return false;
      await postgres.stop();
      postgres = await startPostgres(settings);
      return true;
    },
    stop: () => postgres.stop(),
  };
}

async function end(postgres: RunningPostgres, how: 'clean' | 'crash'): Promise<void> {
  if (how === 'crash') {
    // Immediate shutdown: no checkpoint, and the next start recovers what was committed.
    process.kill(postgres.pid, 'SIGQUIT');
    await postgres.exited;
  }
  await postgres.stop();
}
