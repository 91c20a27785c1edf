import { BootRefused } from '@pagekeeper/domain/boot-checks';
import { examineServer } from '@pagekeeper/domain/database/examine-server';
import { judgeClock } from '@pagekeeper/domain/database/judge-clock';
import { readMigrations } from '@pagekeeper/domain/database/migrate';
import { loginRoles } from '@pagekeeper/domain/database/roles';
import { judgeKeys } from '@pagekeeper/domain/vault/judge-keys';
import { checkKeyRing, readKeysInUse } from '@pagekeeper/domain/vault/open-vault';
import { KeyUnavailableError } from '@pagekeeper/domain/vault/vault';
import { findVariables, readVariables } from '../env.ts';
import { counted } from '../output.ts';
import { UsageError } from '../usage-error.ts';
import { withDatabase } from '../with-database.ts';
import { type Finding, failed, reasonOf, warning, well } from './finding.ts';

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
    const found = (await examineServer(url)).role;
    if (found === role) return null;
    return failed(
      'roles',
      `${name} logs in as ${found}, not as ${role}`,
      `Correct ${name}; pagekeeper roles makes the roles.`,
    );
  } catch (error) {
    return failed(
      'roles',
      `${name}: ${reasonOf(error)}`,
      'pagekeeper roles makes the roles, with the passwords in the URLs.',
    );
  }
}

async function lookAtSchema(): Promise<Finding> {
  try {
    await withDatabase(async () => {});
    const { MIGRATION_DATABASE_URL: ownerUrl } = findVariables('MIGRATION_DATABASE_URL');
    const unknown = ownerUrl ? (await readMigrations(ownerUrl)).filter(({ isKnown }) => !isKnown) : [];
    if (unknown.length === 0) return well('migrations', 'the newest is there');
    const detail = `the database has ${counted(unknown.length, 'migration')} that this release does not know`;
    return warning('migrations', detail, 'Run the newer release, or take them back with it.');
  } catch (error) {
    if (error instanceof UsageError) throw error;
    if (!(error instanceof BootRefused)) return failed('migrations', reasonOf(error), 'See the lines above.');
    const isSchema = error.message.includes('migration');
    const fix = isSchema ? 'pagekeeper migrate' : 'Correct DATABASE_URL, or the clock: no process would start.';
    return failed('migrations', error.message, fix);
  }
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
