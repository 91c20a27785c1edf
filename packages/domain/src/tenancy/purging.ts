import { setTimeout as sleep } from 'node:timers/promises';
import { type Database, knexOf } from '../database/database.ts';
import { newId, type Uuid } from '../ids.ts';

/** A purge that this process alone works on, until the lease that each step renews has ended. */
export interface LeasedPurge {
  id: Uuid;
  token: Uuid;
  organizationId: Uuid;
  /** Pages that our app is still to be taken off. */
  pagesLeft: number;
  waitedSeconds: number;
  leasedAt: Date;
}

/** A table whose rows go with their organization. */
export interface Erasable {
  table: string;
  tenantColumn: string;
  /** With the organization, it names a row. */
  key: string;
}

/** Null where another process works on it, or it is finished. */
export async function leasePurge(database: Database, id: Uuid): Promise<LeasedPurge | null> {
  const token = newId();
  const { rows } = await knexOf(database).raw('select * from router.lease_purge(?, ?)', [id, token]);
  const [row] = rows as { organization: Uuid; pages_left: number; waited_seconds: number; leased_at: Date }[];
  if (!row) return null;
  return {
    id,
    token,
    organizationId: row.organization,
    pagesLeft: row.pages_left,
    waitedSeconds: row.waited_seconds,
    leasedAt: row.leased_at,
  };
}

/** Whoever takes it next begins where this one ended. */
export async function releasePurge(database: Database, { id, token }: LeasedPurge): Promise<void> {
  await knexOf(database).raw('select router.release_purge(?, ?)', [id, token]);
}

/** Erases up to `batch` rows. @returns how many there were; null when the lease was lost */
export async function eraseRows(
  database: Database,
  { id, token }: LeasedPurge,
  { table, tenantColumn, key }: Erasable,
  batch: number,
): Promise<number | null> {
  const { rows } = await knexOf(database).raw('select router.erase_rows(?, ?, ?, ?, ?, ?) as erased', [
    id,
    token,
    table,
    tenantColumn,
    key,
    batch,
  ]);
  return rows[0].erased;
}

/** Memberships, data keys and the organization itself, in one transaction. @returns false when the lease was lost */
export async function eraseTenant(database: Database, { id, token }: LeasedPurge): Promise<boolean> {
  const { rows } = await knexOf(database).raw('select router.erase_organization(?, ?) as erased', [id, token]);
  return rows[0].erased;
}

/** @returns false when the lease was lost */
export async function renewPurge(database: Database, { id, token }: LeasedPurge): Promise<boolean> {
  const { rows } = await knexOf(database).raw('select router.renew_purge(?, ?) as organization', [id, token]);
  return rows[0].organization !== null;
}

export async function finishPurge(database: Database, { id, token }: LeasedPurge): Promise<void> {
  await knexOf(database).raw('select router.finish_purge(?, ?)', [id, token]);
}

/** Longer than any transaction of ours lives: of many statements, none stores more than some dozens of pages. */
const transactionsEndWithinMs = 18_000;

/**
 * Waits for the transactions of every process of ours that began before a moment: what they still write for a tenant
 * is then written, and what begins later finds its door closed.
 * @returns false when one of them does not end
 */
export async function earlierTransactionsEnded(database: Database, moment: Date): Promise<boolean> {
  const deadline = performance.now() + transactionsEndWithinMs;
  while (performance.now() < deadline) {
    const { rows } = await knexOf(database).raw(
      `select exists (select from pg_stat_activity where datname = current_database() and usename = current_user
         and pid <> pg_backend_pid() and xact_start <= ?) as open`,
      [moment],
    );
    if (!rows[0].open) return true;
    await sleep(50);
  }
  return false;
}
