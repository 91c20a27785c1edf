import { randomBytes } from 'node:crypto';
import { createDatabaseAndRoles, loginRoles, type RolePasswords } from '@pagekeeper/domain/database/roles';
import { findVariables, readVariables } from '../env.ts';
import type { Output } from '../output.ts';
import { UsageError } from '../usage-error.ts';

const variables = {
  owner: 'MIGRATION_DATABASE_URL',
  app: 'DATABASE_URL',
  auth: 'AUTH_DATABASE_URL',
  queue: 'QUEUE_DATABASE_URL',
} as const satisfies Record<keyof RolePasswords, string>;

/** Creates the database and the roles that the processes' URLs name, with the passwords in them. */
export async function createRoles(output: Output): Promise<void> {
  const given = readVariables('ADMIN_DATABASE_URL', 'MIGRATION_DATABASE_URL', 'DATABASE_URL', 'AUTH_DATABASE_URL');
  const urls = { ...given, ...findVariables('QUEUE_DATABASE_URL') };
  const faults: string[] = [];
  const names = new Set<string>();
  const passwordOf = (key: keyof RolePasswords): string => {
    const url = urls[variables[key]];
    // With the queue in Redis nobody logs in by this role: nobody knows its password either.
    if (!url) return randomBytes(24).toString('hex');
    const { username, password, pathname } = new URL(url);
    if (username !== loginRoles[key]) faults.push(`${variables[key]}: must log in as ${loginRoles[key]}.`);
    if (password === '') faults.push(`${variables[key]}: has no password.`);
    names.add(decodeURIComponent(pathname.slice(1)));
    return decodeURIComponent(password);
  };
  const passwords = {
    owner: passwordOf('owner'),
    app: passwordOf('app'),
    auth: passwordOf('auth'),
    queue: passwordOf('queue'),
  };
  const [database = ''] = names;
  if (names.size > 1 || database === '') faults.push('The URLs of the roles must name one and the same database.');
  if (faults.length > 0) throw new UsageError(faults.join('\n'));
  await createDatabaseAndRoles(urls.ADMIN_DATABASE_URL, { database, passwords });
  const roles = Object.values(loginRoles);
  output.result({ database, roles }, [
    `The database ${database} and the roles ${roles.join(', ')} are there.`,
    'Next: pagekeeper migrate',
  ]);
}
