import type { Services } from '../context.ts';
import type { Uuid } from '../ids.ts';
import { refreshLoginJob } from '../jobs.ts';
import { nudgeAll } from '../nudge.ts';
import { recheckPerson } from '../tenancy/facebook-person.ts';

/**
 * The collateral guard: a login with fewer pages or permissions kills what the same person granted before, for
 * everybody. So each of their other logins is looked at again, and the organization that is hurt is told by its own check.
 */
export async function recheckOthers(
  services: Pick<Services, 'database' | 'queue' | 'log'>,
  personHash: Buffer,
  except: Uuid | null,
): Promise<void> {
  const due = await recheckPerson(services.database, personHash, except);
  await nudgeAll(services, refreshLoginJob, due);
}
