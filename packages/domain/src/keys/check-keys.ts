import type { Uuid } from '../ids.ts';
import { withTenant } from '../tenancy/doors.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { dataKeyOf, OrganizationKey } from '../vault/organization-key.ts';
import { Sealed } from '../vault/sealed.ts';
import { KeyUnavailableError, type Vault, VaultError } from '../vault/vault.ts';
import { type IdWindow, idWindows } from './id-windows.ts';
import { type Keeper, tenantOf, unlessGone } from './keeper.ts';
import { isSealed } from './reseal-column.ts';
import { type SealedColumn, sealedColumns } from './sealed-columns.ts';

/** What an organization's sealed values are like. */
export interface KeyCheck {
  /** Data keys, by the id of the key-encryption key that wraps them. */
  wrappedBy: Record<string, number>;
  /** Values that the current data key sealed, and those of earlier ones. */
  current: number;
  earlier: number;
  opened: number;
  /** Those among them that an earlier key opened. */
  openedByEarlier: number;
  faulty: number;
  /** Some of what would not open: where it stands, and why. No content. */
  faults: string[];
}

export interface CheckOptions {
  /** Opens the newest so many of each column; without it all of them. */
  sample?: number | undefined;
}

const batch = 1_000;
const maxFaults = 20;
const last = 'ffffffff-ffff-ffff-ffff-ffffffffffff' as Uuid;

/** Counts an organization's sealed values by their keys, and opens them. Null where it was erased meanwhile. */
export async function checkKeys(
  keeper: Keeper,
  organization: Uuid,
  options: CheckOptions = {},
): Promise<KeyCheck | null> {
  const check: KeyCheck = {
    wrappedBy: {},
    current: 0,
    earlier: 0,
    opened: 0,
    openedByEarlier: 0,
    faulty: 0,
    faults: [],
  };
  return await unlessGone(async () => {
    const inside = <Result>(work: (tx: TenantTx) => Promise<Result>) =>
      withTenant(keeper, { ...tenantOf(organization), readOnly: true }, work);
    await inside(tx => checkDataKeys(tx, keeper.vault, check));
    for (const sealed of sealedColumns) {
      for await (const window of idWindows(keeper, organization, sealed.table)) {
        const counted = await inside(tx => countValues(tx, sealed, window));
        check.current += counted.current;
        check.earlier += counted.all - counted.current;
      }
      const wanted = options.sample ?? Number.POSITIVE_INFINITY;
      for (let [done, before] = [0, last]; done < wanted; ) {
        const limit = Math.min(batch, wanted - done);
        const ids = await inside(tx => openBatch(tx, keeper.vault, sealed, { before, limit }, check));
        done += ids.length;
        if (ids.length < limit) break;
        before = ids.at(-1)!;
      }
    }
    return check;
  });
}

async function checkDataKeys(tx: TenantTx, vault: Vault, check: KeyCheck): Promise<void> {
  for (const row of await OrganizationKey.query(tx)) {
    check.wrappedBy[row.kek_id] = (check.wrappedBy[row.kek_id] ?? 0) + 1;
    try {
      vault.unwrap(row);
    } catch (error) {
      if (!(error instanceof KeyUnavailableError)) throw error;
      note(check, `organization_keys of ${row.id}: ${error.message}`);
    }
  }
}

function note(check: KeyCheck, fault: string): void {
  check.faulty += 1;
  if (check.faults.length < maxFaults) check.faults.push(fault);
}

async function countValues(
  tx: TenantTx,
  { table, column }: SealedColumn,
  { after, until }: IdWindow,
): Promise<{ current: number; all: number }> {
  const { organizationId } = tx.tenant;
  const { rows } = await tx.raw(
    `select count(*)::int as "all", count(*) filter (where substring(${column} from 2 for 16) =
       (select uuid_send(k.id) from organization_keys k where k.organization_id = ? and k.is_current))::int as current
     from ${table} where organization_id = ? and id > ? and id <= ? and ${isSealed(column)}`,
    [organizationId, organizationId, after, until],
  );
  return rows[0];
}

/** Opens some values, newest first. @returns their rows' ids */
async function openBatch(
  tx: TenantTx,
  vault: Vault,
  { table, column }: SealedColumn,
  { before, limit }: { before: Uuid; limit: number },
  check: KeyCheck,
): Promise<Uuid[]> {
  const { rows } = await tx.raw(
    `select id, ${column} as value from ${table} where organization_id = ? and id < ? and ${isSealed(column)}
     order by id desc limit ?`,
    [tx.tenant.organizationId, before, limit],
  );
  const current = await OrganizationKey.query(tx).findOne({ is_current: true }).select('id');
  for (const { id, value } of rows as { id: Uuid; value: Buffer }[]) {
    const sealed = Sealed.fromBytes(value);
    try {
      const key = await dataKeyOf(tx, vault, sealed);
      vault.openBytes(key, { table, column, rowId: id }, sealed);
      check.opened += 1;
      if (key.id !== current?.id) check.openedByEarlier += 1;
    } catch (error) {
      if (!(error instanceof VaultError || error instanceof KeyUnavailableError)) throw error;
      note(check, error.message.includes(id) ? error.message : `${table}.${column} of ${id}: ${error.message}`);
    }
  }
  return rows.map(({ id }: { id: Uuid }) => id);
}
