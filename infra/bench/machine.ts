import { availableParallelism, cpus, totalmem } from 'node:os';
import type pg from 'pg';
import { clients, type Pgbench } from './pgbench.ts';

/** What the figures depend on; nothing that names the machine. */
export async function describeMachine(admin: pg.Client | null, pgbench: Pgbench | null): Promise<string[]> {
  const server = admin && (await admin.query('show server_version')).rows[0].server_version;
  return [
    `${availableParallelism()} cores (${cpus()[0]?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB; client, server and load generator share them`,
    [
      `Node ${process.version}`,
      server && `PostgreSQL ${server}`,
      pgbench && `pgbench ${pgbench.version} -M prepared -c ${clients} -j 1`,
    ]
      .filter(Boolean)
      .join(', '),
  ];
}
