import { setStaff } from '@pagekeeper/domain/staff/set-staff';
import { readVariables } from '../env.ts';
import type { Output } from '../output.ts';

/** As the database's owner: no running process may. */
export async function appointStaff(
  { email, remove = false, unconfirmed }: { email: string; remove?: boolean; unconfirmed?: boolean },
  output: Output,
) {
  const { MIGRATION_DATABASE_URL } = readVariables('MIGRATION_DATABASE_URL');
  await setStaff(MIGRATION_DATABASE_URL, { email, isStaff: !remove, unconfirmed });
  output.result({ email, is_staff: !remove }, `${email} is ${remove ? 'no longer staff' : 'staff now'}.`);
}
