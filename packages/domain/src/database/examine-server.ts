import pg from 'pg';

/** What a URL leads to. */
export interface ExaminedServer {
  role: string;
  database: string;
  /** `18.4` */
  version: string;
  /** How far the server's clock is ahead of this machine's. */
  clockAheadMs: number;
}

/** Connects once and looks around. Changes nothing. @throws the driver's error */
export async function examineServer(url: string): Promise<ExaminedServer> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000, query_timeout: 5_000 });
  // The rejected query tells.
  client.on('error', () => {});
  await client.connect();
  try {
    const before = Date.now();
    const { rows } = await client.query(
      `select current_user as role, current_database() as database, current_setting('server_version') as version,
         clock_timestamp() as clock`,
    );
    const { role, database, version, clock } = rows[0];
    const clockAheadMs = clock.getTime() - (before + Date.now()) / 2;
    return { role, database, version: version.split(' ', 1)[0], clockAheadMs };
  } finally {
    await client.end();
  }
}
