import pg from 'pg';

/** What a URL leads to. */
export interface ExaminedServer {
  role: string;
  /** Row level security, or we, could not hold this role: why, in words that follow "which"; null as it should be. */
  power: string | null;
  database: string;
  /** `18.4` */
  version: string;
  /** How far the server's clock is ahead of this machine's. */
  clockAheadMs: number;
}

/** Between this machine and the database: above the first it is told, above the second nothing may start. */
export const clockSkew = { warnMs: 2_000, refuseMs: 30_000 } as const;

/** The first releases without known holes in row level security (CVE-2024-10976, CVE-2025-8713), by major version. */
const soundFrom: Readonly<Record<number, number>> = { 15: 14, 16: 10, 17: 6 };

/** Whether this release of PostgreSQL is one that row level security can be trusted to. @param version `17.6` */
export function isSound(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 17 || minor >= (soundFrom[major] ?? Number.POSITIVE_INFINITY);
}

/** Connects once and looks around. Changes nothing. @throws the driver's error, after so long at most twice */
export async function examineServer(url: string, timeoutMs = 5_000): Promise<ExaminedServer> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
  });
  // The rejected query tells.
  client.on('error', () => {});
  await client.connect();
  try {
    const before = Date.now();
    const { rows } = await client.query(look);
    const { role, database, version, clock, ...powers } = rows[0];
    const clockAheadMs = clock.getTime() - (before + Date.now()) / 2;
    return { role, power: powerOf(powers), database, version: version.split(' ', 1)[0], clockAheadMs };
  } finally {
    await client.end();
  }
}

/**
 * What no role of a process may have or become, as a condition on a row of `pg_roles`: row level security does not hold
 * it, or it makes itself a role that is not held (before PostgreSQL 16 CREATEROLE may grant itself the owner), or it
 * reads everything there is from the write-ahead log.
 */
export const isPowerful = (role: string): string => `(${role}.rolsuper or ${role}.rolbypassrls or ${role}.rolcreaterole
  or ${role}.rolreplication or ${role}.rolname in ('pagekeeper_owner', 'pagekeeper_router', 'pg_read_server_files',
    'pg_write_server_files', 'pg_execute_server_program'))`;

/** Membership counts however it came about: who may SET ROLE to a role can do what it can. */
const look = `
  select current_user as role, current_database() as database, current_setting('server_version') as version,
    clock_timestamp() as clock, r.rolsuper as is_superuser, r.rolbypassrls as passes_by,
    r.rolcreaterole as creates_roles, r.rolreplication as replicates,
    exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relowner = r.oid and c.relkind in ('r', 'p') and n.nspname in ('public', 'auth', 'app', 'partitions'))
      or exists (select from pg_database d where d.datdba = r.oid and d.datname = current_database()) as is_owner,
    (select other.rolname from pg_roles other
      where other.oid <> r.oid and not r.rolsuper and pg_has_role(r.oid, other.oid, 'member')
        and ${isPowerful('other')}
      order by other.rolname limit 1) as member_of
  from pg_roles r where r.rolname = current_user`;

function powerOf(powers: {
  is_superuser: boolean;
  passes_by: boolean;
  creates_roles: boolean;
  replicates: boolean;
  is_owner: boolean;
  member_of: string | null;
}): string | null {
  if (powers.is_superuser) return 'is a superuser';
  if (powers.passes_by) return 'has BYPASSRLS';
  if (powers.creates_roles) return 'has CREATEROLE';
  if (powers.replicates) return 'has REPLICATION';
  if (powers.is_owner) return 'owns our tables or the database';
  return powers.member_of && `is a member of ${powers.member_of}`;
}
