import type { TenantTx } from './tenant-tx.ts';

/** The moment by which tokens end, checks are due and people are told: the database's, which tests move on. */
export const businessNow = async (tx: TenantTx): Promise<Date> => (await tx.raw('select app.now() as now')).rows[0].now;
