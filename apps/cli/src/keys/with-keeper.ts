import { randomUUID } from 'node:crypto';
import { createKeeper, type Keeper } from '@pagekeeper/domain/keys/keeper';
import { openVault } from '@pagekeeper/domain/vault/open-vault';
import { readVariables } from '../env.ts';
import { withDatabase } from '../with-database.ts';

/** Works on the keys of all organizations, one after the other, each through its door. */
export async function withKeeper<Result>(work: (keeper: Keeper) => Promise<Result>): Promise<Result> {
  const { PAGEKEEPER_KEYS: ring } = readVariables('PAGEKEEPER_KEYS', 'DATABASE_URL');
  return await withDatabase(async database => {
    const vault = await openVault(database, ring);
    return await work(createKeeper({ database, vault }, `cli-${randomUUID()}`));
  });
}
