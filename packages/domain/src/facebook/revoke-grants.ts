import type { Services } from '../context.ts';
import { personHashOf } from '../integrations/facebook-login.ts';
import { refreshLoginJob } from '../jobs.ts';
import { nudgeAll } from '../nudge.ts';
import { readDeletion, readDeletionsSince, revokePerson } from '../tenancy/facebook-person.ts';

/** What Facebook's signed request says. */
export interface PersonRequest {
  /** App-scoped. */
  userId: string;
  issuedAt: Date;
}

type Needs = Pick<Services, 'database' | 'queue' | 'log' | 'vault'>;

/**
 * A person removed our app on Facebook: their logins are dead everywhere, and the pages' own checks tell people so.
 * The same again changes nothing, nor does one that is older than the login.
 */
export async function revokeGrants(services: Needs, request: PersonRequest): Promise<void> {
  await revoke(services, request, null);
}

/**
 * A person wants their data deleted: what we hold of a Facebook person are tokens, and those are erased.
 * @returns the code that the status page knows; the same for the same request
 */
export async function deletePersonData(services: Needs, request: PersonRequest): Promise<string> {
  const at = request.issuedAt.toISOString();
  const code = services.vault.hash('data deletion', request.userId, at).toString('base64url', 0, 18);
  await revoke(services, request, code);
  // Outside of the database, so that it can be done again after a restore.
  const person_hash = personHashOf(services.vault, request.userId).toString('hex');
  services.log.info({ code, person_hash, asked_at: at }, 'a data deletion was done');
  return code;
}

/** A check found out whose a login is that was given to us before they asked for deletion: it goes with the others. */
export async function deleteLateLogins(services: Needs, personHash: Buffer, storedAt: Date): Promise<void> {
  for (const { code, requestedAt } of await readDeletionsSince(services.database, personHash, storedAt)) {
    const due = await revokePerson(services.database, { personHash, askedAt: requestedAt, deletion: code });
    await nudgeAll(services, refreshLoginJob, due);
  }
}

async function revoke(services: Needs, { userId, issuedAt }: PersonRequest, deletion: string | null): Promise<void> {
  const personHash = personHashOf(services.vault, userId);
  const due = await revokePerson(services.database, { personHash, askedAt: issuedAt, deletion });
  await nudgeAll(services, refreshLoginJob, due);
}

/** Whether a deletion that we gave this code is done, and when. */
export const readDeletionStatus = ({ database }: Pick<Services, 'database'>, code: string) =>
  /^[A-Za-z0-9_-]{24}$/.test(code) ? readDeletion(database, code) : Promise.resolve(null);
