import type { Knex } from 'knex';
import { DomainError } from '../errors.ts';

/**
 * Asks the database whether the person of this transaction is staff.
 * @throws DomainError `forbidden`
 */
export async function requireStaff(view: Pick<Knex, 'raw'>): Promise<void> {
  const { rows } = await view.raw('select router.is_staff() as is_staff');
  if (!rows[0].is_staff) throw new DomainError('forbidden', 'This is for staff.');
}
