import { BootRefused } from '@pagekeeper/domain/boot-checks';
import { examineServer } from '@pagekeeper/domain/database/examine-server';
import { judgeClock } from '@pagekeeper/domain/database/judge-clock';
import { loginRoles } from '@pagekeeper/domain/database/roles';
import { judgeKeys } from '@pagekeeper/domain/vault/judge-keys';
import { checkKeyRing, readKeysInUse } from '@pagekeeper/domain/vault/open-vault';
import { KeyUnavailableError } from '@pagekeeper/domain/vault/vault';
import { findVariables, readVariables } from '../env.ts';
import { UsageError } from '../usage-error.ts';
import { withDatabase } from '../with-database.ts';
import { type Finding, failed, reasonOf, well } from './finding.ts';

/** Each looks at one thing that the database must have right. */
export const examineDatabase: readonly (() => Promise<Finding | Finding[]>)[] = [
  lookAtServer,
  lookAtRoles,
  lookAtSchema,
  lookAtKeys,
];

async function lookAtServer(): Promise<Finding[]> {
  const { DATABASE_URL: url } = readVariables('DATABASE_URL');
  const at = placeOf(url);
  try {
    const server = await examineServer(url);
    return [
      well('database', `PostgreSQL ${server.version} at ${at}`),
      { what: 'clock', ...judgeClock(server.clockAheadMs) },
    ];
  } catch (error) {
    return [failed('database', `${at}: ${reasonOf(error)}`, 'Start PostgreSQL, or correct DATABASE_URL.')];
  }
}

async function lookAtRoles(): Promise<Finding[]> {
  const urls = findVariables('MIGRATION_DATABASE_URL', 'AUTH_DATABASE_URL', 'QUEUE_DATABASE_URL');
  const { DATABASE_URL } = readVariables('DATABASE_URL');
  const expected = [
    ['DATABASE_URL', DATABASE_URL, loginRoles.app],
    ['MIGRATION_DATABASE_URL', urls.MIGRATION_DATABASE_URL, loginRoles.owner],
    ['AUTH_DATABASE_URL', urls.AUTH_DATABASE_URL, loginRoles.auth],
    ['QUEUE_DATABASE_URL', urls.QUEUE_DATABASE_URL, loginRoles.queue],
  ] as const;
  const given = expected.filter(([, url]) => url !== undefined);
  const findings = await Promise.all(given.map(([name, url, role]) => lookAtRole(name, url!, role)));
  const faults = findings.filter(finding => finding !== null);
  return faults.length > 0 ? faults : [well('roles', given.map(([, , role]) => role).join(', '))];
}

async function lookAtRole(name: string, url: string, role: string): Promise<Finding | null> {
  try {
    const { role: found, power } = await examineServer(url);
    const fix = `Correct ${name}; pagekeeper roles makes the roles.`;
    if (found !== role) return failed('roles', `${name} logs in as ${found}, not as ${role}`, fix);
    // The owner is meant to own.
    if (!power || role === loginRoles.owner) return null;
    return failed('roles', `${role}, of ${name}, ${power}`, power.startsWith('owns') ? handOver(role) : takesAway);
  } catch (error) {
    return failed(
      'roles',
      `${name}: ${reasonOf(error)}`,
      'pagekeeper roles makes the roles, with the passwords in the URLs.',
    );
  }
}

const takesAway = 'pagekeeper roles takes its powers away.';
const handOver = (role: string) =>
  `As the administrator, in this database: reassign owned by ${role} to ${loginRoles.owner}.`;

/** What api and worker look at before they start. */
async function lookAtSchema(): Promise<Finding | Finding[]> {
  try {
    await withDatabase(async () => {});
    return well('migrations', 'the newest is there');
  } catch (error) {
    if (error instanceof UsageError) throw error;
    if (!(error instanceof BootRefused)) return failed('migrations', reasonOf(error), 'See the lines above.');
    return error.faults.map(fault => failed('start', fault, fixOf(fault)));
  }
}

function fixOf(fault: string): string {
  if (/lacks the migration|^The table/.test(fault)) return 'pagekeeper migrate';
  if (fault.includes('newer than this release')) return 'Or take it back with that release: pagekeeper migrate:down.';
  return 'Correct DATABASE_URL, or the clock: no process would start.';
}

async function lookAtKeys(): Promise<Finding> {
  const { PAGEKEEPER_KEYS: ring } = readVariables('PAGEKEEPER_KEYS');
  try {
    const inUse = await withDatabase(
      async database => {
        await checkKeyRing(database, ring);
        return await readKeysInUse(database);
      },
      { checked: false },
    );
    return { what: 'keys', ...judgeKeys(ring[0].id, inUse) };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const isKey = error instanceof KeyUnavailableError;
    const fix = isKey ? 'Put that key back into PAGEKEEPER_KEYS: what it wraps is lost without it.' : 'See above.';
    return failed('keys', reasonOf(error), fix);
  }
}

function placeOf(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}
