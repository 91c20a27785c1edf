import { type Database, knexOf } from '../database/database.ts';
import { newId, type Uuid } from '../ids.ts';
import { earlierTransactionsEnded } from './purging.ts';

/** The rotation of data keys that is under way, or a new one: data keys from before it began are to be replaced. */
export async function beginKeyRotation(database: Database): Promise<Uuid> {
  const knex = knexOf(database);
  await knex.raw('insert into key_rotations (id) values (?) on conflict do nothing', [newId()]);
  const { id } = await knex('key_rotations').whereNull('finished_at').first('id');
  return id;
}

/** Nothing is left to do for it. */
export async function finishKeyRotation(database: Database, id: Uuid): Promise<void> {
  await knexOf(database).raw('update key_rotations set finished_at = clock_timestamp() where id = ?', [id]);
}

/** Waits for every transaction of ours that began before now. @returns false when one of them does not end */
export async function transactionsBeforeNowEnded(database: Database): Promise<boolean> {
  // A millisecond on, as a Date knows no finer ones.
  const { rows } = await knexOf(database).raw(`select clock_timestamp() + interval '1 millisecond' as moment`);
  return await earlierTransactionsEnded(database, rows[0].moment);
}
