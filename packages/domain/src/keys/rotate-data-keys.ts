import type { Uuid } from '../ids.ts';
import { withTenant } from '../tenancy/doors.ts';
import { beginKeyRotation, finishKeyRotation, transactionsBeforeNowEnded } from '../tenancy/key-rotation.ts';
import { checkKeys } from './check-keys.ts';
import { idWindows } from './id-windows.ts';
import { type Keeper, listKeyOwners, tenantOf, unlessGone } from './keeper.ts';
import { replaceDataKey } from './replace-data-key.ts';
import { resealColumn, sealedBefore } from './reseal-column.ts';
import { sealedColumns } from './sealed-columns.ts';

/** Where a rotation is: it goes through these in this order. */
export type RotationPhase = 'replacing' | 'resealing' | 'rereading';

export interface RotationOptions {
  /** Values in a transaction. */
  batch: number;
  /** @param total organizations or values, as far as they are known */
  onPhase(phase: RotationPhase, total: number): void;
  onDone(count: number): void;
}

export interface Rotation {
  organizations: number;
  resealed: number;
  /** Values that were read back, each by its organization's new key. */
  reread: number;
  /** Values that an earlier key still opens: the rotation has not come to its end. */
  left: number;
  /** What opens by no key, and was left as it is. */
  faulty: number;
  faults: string[];
}

/**
 * Gives every organization a new data key and seals with it what earlier ones sealed, while everything runs. Ended
 * anywhere and called again it goes on where it was. It is finished when every value was read back and none but the
 * new keys opens any.
 * @throws Error when a transaction that may still seal with an earlier key does not end
 */
export async function rotateDataKeys(keeper: Keeper, options: RotationOptions): Promise<Rotation> {
  const { database } = keeper;
  const rotation = await beginKeyRotation(database);
  const organizations = await listKeyOwners(keeper);
  options.onPhase('replacing', organizations.length);
  for (const organization of organizations) {
    await replaceDataKey(keeper, organization, rotation);
    options.onDone(1);
  }
  // Whoever read the old key before it was replaced may seal with it until their transaction ends.
  if (!(await transactionsBeforeNowEnded(database))) {
    throw new Error('A transaction that began before the new keys does not end. Run the command again.');
  }
  const resealed = await resealAll(keeper, organizations, options);
  const read = await rereadAll(keeper, options);
  if (read.left === 0) await finishKeyRotation(database, rotation);
  return { organizations: organizations.length, resealed, ...read };
}

async function resealAll(
  keeper: Keeper,
  organizations: readonly Uuid[],
  { batch, onPhase, onDone }: RotationOptions,
): Promise<number> {
  let [total, resealed] = [0, 0];
  for (const organization of organizations) total += await countEarlier(keeper, organization);
  onPhase('resealing', total);
  const count = (values: number) => {
    resealed += values;
    onDone(values);
  };
  for (const organization of organizations) {
    for (const sealed of sealedColumns) await resealColumn(keeper, organization, sealed, { batch, onDone: count });
  }
  return resealed;
}

/** Every organization there is by now: one that was made meanwhile counts too. */
async function rereadAll(
  keeper: Keeper,
  { onPhase, onDone }: RotationOptions,
): Promise<Pick<Rotation, 'reread' | 'left' | 'faulty' | 'faults'>> {
  const organizations = await listKeyOwners(keeper);
  onPhase('rereading', organizations.length);
  const read: Pick<Rotation, 'reread' | 'left' | 'faulty' | 'faults'> = { reread: 0, left: 0, faulty: 0, faults: [] };
  for (const organization of organizations) {
    const check = await checkKeys(keeper, organization);
    onDone(1);
    if (!check) continue;
    read.reread += check.opened - check.openedByEarlier;
    read.left += check.openedByEarlier;
    read.faulty += check.faulty;
    read.faults = [...read.faults, ...check.faults].slice(0, 20);
  }
  return read;
}

async function countEarlier(keeper: Keeper, organization: Uuid): Promise<number> {
  let count = 0;
  for (const sealed of sealedColumns) {
    for await (const { after, until } of idWindows(keeper, organization, sealed.table)) {
      const earlier = await unlessGone(() =>
        withTenant(keeper, { ...tenantOf(organization), readOnly: true }, async tx => {
          const { rows } = await tx.raw(
            `select count(*)::int as count from ${sealed.table}
             where organization_id = ? and id > ? and id <= ? and ${sealedBefore(sealed)}`,
            [organization, after, until, organization],
          );
          return rows[0].count as number;
        }),
      );
      count += earlier ?? 0;
    }
  }
  return count;
}
