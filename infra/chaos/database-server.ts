import { setTimeout as sleep } from 'node:timers/promises';
import { type PostgresOptions, startPostgres } from '@pagekeeper/testing/postgres';
import { freePort } from '@pagekeeper/testing/system/ports';

export interface DatabaseServer {
  adminUrl: string;
  /** Ends the server, cleanly or as a crash would, and starts it again on the same data and port. */
  restart(how: 'clean' | 'crash', downMs: number): Promise<void>;
  stop(): Promise<void>;
}

/** A Postgres that can go away and come back. */
export async function startDatabaseServer(options: PostgresOptions): Promise<DatabaseServer> {
  const settings = { ...options, port: await freePort() };
  let postgres = await startPostgres(settings);
  return {
    adminUrl: postgres.adminUrl,
    restart: async (how, downMs) => {
      if (how === 'crash') {
        // Immediate shutdown: no checkpoint, and the next start recovers what was committed.
        process.kill(postgres.pid, 'SIGQUIT');
        await postgres.exited;
      }
      await postgres.stop();
      await sleep(downMs);
      postgres = await startPostgres(settings);
    },
    stop: () => postgres.stop(),
  };
}
