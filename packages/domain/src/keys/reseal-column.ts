import { byteaArray, uuidArray } from '../database/binary-arrays.ts';
import type { Uuid } from '../ids.ts';
import { withTenant } from '../tenancy/doors.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { currentDataKey, dataKeyOf } from '../vault/organization-key.ts';
import { Sealed } from '../vault/sealed.ts';
import { KeyUnavailableError, type Vault, VaultError } from '../vault/vault.ts';
import { type IdWindow, idWindows } from './id-windows.ts';
import { type Keeper, tenantOf, unlessGone } from './keeper.ts';
import type { SealedColumn } from './sealed-columns.ts';

export interface ResealOptions {
  /** Values in a transaction. */
  batch: number;
  onDone(values: number): void;
}

/** A token that was erased for a data deletion is empty, and sealed by nothing. */
export const isSealed = (column: string): string => `octet_length(${column}) > 0`;

/** What an organization's current data key did not seal. */
export const sealedBefore = ({ column }: SealedColumn): string =>
  `${isSealed(column)} and substring(${column} from 2 for 16) <> (select uuid_send(k.id) from organization_keys k
     where k.organization_id = ? and k.is_current)`;

/**
 * Seals a column's values with the organization's current data key, those that an earlier one sealed: batch by batch,
 * each by compare-and-set on the ciphertext that was read, so that a value that changes meanwhile is left as it is.
 * What does not open is left too; `keys check` names it.
 */
export async function resealColumn(
  keeper: Keeper,
  organization: Uuid,
  sealed: SealedColumn,
  { batch, onDone }: ResealOptions,
): Promise<void> {
  for await (const { after: begin, until } of idWindows(keeper, organization, sealed.table)) {
    for (let after = begin; ; ) {
      const read = await unlessGone(() =>
        withTenant(keeper, tenantOf(organization), async tx => {
          const rows = await readBatch(tx, sealed, { after, until }, batch);
          await storeAnew(tx, sealed, await sealAnew(tx, keeper.vault, sealed, rows));
          return rows;
        }),
      );
      if (!read) return;
      if (read.length > 0) onDone(read.length);
      if (read.length < batch) break;
      after = read.at(-1)!.id;
    }
  }
}

interface Row {
  id: Uuid;
  value: Buffer;
}

async function readBatch(
  tx: TenantTx,
  sealed: SealedColumn,
  { after, until }: IdWindow,
  batch: number,
): Promise<Row[]> {
  const { table, column } = sealed;
  const { organizationId } = tx.tenant;
  const { rows } = await tx.raw(
    `select id, ${column} as value from ${table} where organization_id = ? and id > ? and id <= ?
       and ${sealedBefore(sealed)}
     order by id limit ?`,
    [organizationId, after, until, organizationId, batch],
  );
  return rows;
}

async function sealAnew(
  tx: TenantTx,
  vault: Vault,
  { table, column }: SealedColumn,
  rows: readonly Row[],
): Promise<(Row & { anew: Buffer })[]> {
  if (rows.length === 0) return [];
  const key = await currentDataKey(tx, vault);
  const resealed: (Row & { anew: Buffer })[] = [];
  for (const row of rows) {
    const place = { table, column, rowId: row.id };
    const old = Sealed.fromBytes(row.value);
    try {
      const content = vault.openBytes(await dataKeyOf(tx, vault, old), place, old);
      resealed.push({ ...row, anew: vault.seal(key, place, content).bytes() });
    } catch (error) {
      if (!(error instanceof VaultError || error instanceof KeyUnavailableError)) throw error;
    }
  }
  return resealed;
}

async function storeAnew(
  tx: TenantTx,
  { table, column }: SealedColumn,
  rows: readonly (Row & { anew: Buffer })[],
): Promise<void> {
  if (rows.length === 0) return;
  await tx.raw(
    `update ${table} t set ${column} = given.anew
     from unnest(?::uuid[], ?::bytea[], ?::bytea[]) as given (id, value, anew)
     where t.organization_id = ? and t.id = given.id and t.${column} = given.value`,
    [
      uuidArray(rows.map(({ id }) => id)),
      byteaArray(rows.map(({ value }) => value)),
      byteaArray(rows.map(({ anew }) => anew)),
      tx.tenant.organizationId,
    ],
  );
}
