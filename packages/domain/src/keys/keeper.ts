import type { Services } from '../context.ts';
import { nilId, type Uuid } from '../ids.ts';
import type { JobActor } from '../tenancy/actor.ts';
import { asSystem, isGone, type TenantOptions } from '../tenancy/doors.ts';

/** Who looks after keys: acts for one organization after the other, as a job does. */
export interface Keeper extends Pick<Services, 'database' | 'vault'> {
  readonly actor: JobActor;
  readonly requestId: string;
}

export const createKeeper = (services: Pick<Services, 'database' | 'vault'>, runId: string): Keeper => ({
  ...services,
  actor: { type: 'job', job: 'keys', jobId: runId },
  requestId: runId,
});

/** An inactive organization's values are as good as any. */
export const tenantOf = (organization: Uuid): TenantOptions => ({ organization, allowInactive: true });

const batch = 1_000;

/** The ids of all organizations that have data keys, in their order. */
export async function listKeyOwners({ database }: Pick<Keeper, 'database'>): Promise<Uuid[]> {
  const ids: Uuid[] = [];
  for (;;) {
    const after = ids.at(-1) ?? nilId;
    const rows = await asSystem<{ organization_id: Uuid }>(database, 'organizations_with_keys', after, batch);
    ids.push(...rows.map(({ organization_id }) => organization_id));
    if (rows.length < batch) return ids;
  }
}

/** Does the work for an organization; null where it was erased meanwhile. */
export async function unlessGone<Result>(work: () => Promise<Result>): Promise<Result | null> {
  try {
    return await work();
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}
