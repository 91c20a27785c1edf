import type { Services } from '../context.ts';
import type { Uuid } from '../ids.ts';
import { refreshLoginJob } from '../jobs.ts';
import { recheckPerson } from '../tenancy/facebook-person.ts';

/**
 * The collateral guard: a login with fewer pages or permissions kills what the same person granted before, for
 * everybody. So each of their other logins is looked at again, and the organization that is hurt is told by its own check.
 * @returns how many checks are due now
 */
export async function recheckOthers(
  { database, queue, log }: Pick<Services, 'database' | 'queue' | 'log'>,
  personHash: Buffer,
  except: Uuid | null,
): Promise<number> {
  const due = await recheckPerson(database, personHash, except);
  await queue.enqueueMany(refreshLoginJob, due).catch(error => {
    log.warn({ err: error }, 'nudges lost; the sweep will find the logins');
  });
  return due.length;
}
