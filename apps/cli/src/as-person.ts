import { randomUUID } from 'node:crypto';
import type { Context } from '@pagekeeper/domain/context';
import type { Database } from '@pagekeeper/domain/database/database';
import { queueConnectionOf } from '@pagekeeper/domain/environment';
import type { UserActor } from '@pagekeeper/domain/tenancy/actor';
import { findUser } from '@pagekeeper/domain/users/find-user';
import { openVault } from '@pagekeeper/domain/vault/open-vault';
import { createQueue, type Queue } from '@pagekeeper/queue/queue';
import { findVariables, readVariables } from './env.ts';
import { openLog } from './log.ts';
import { UsageError } from './usage-error.ts';
import { withDatabase } from './with-database.ts';

/** Services that a command needs beside the database; each asks for variables of its own. */
type Needs = readonly ('vault' | 'queue')[];

/**
 * Does something in a person's name: through the verbs, with their rights and their name in the audit log, under a
 * request id that tells where it was typed.
 * @throws DomainError `not_found` when nobody has the address
 */
export async function asPerson<Result>(
  email: string,
  needs: Needs,
  work: (ctx: Context<UserActor>) => Promise<Result>,
): Promise<Result> {
  const { AUTH_DATABASE_URL } = readVariables('AUTH_DATABASE_URL', 'DATABASE_URL');
  const queue = needs.includes('queue') ? openQueue() : null;
  try {
    const roles = ['AUTH_DATABASE_URL', ...(queue ? (['QUEUE_DATABASE_URL'] as const) : [])] as const;
    return await withDatabase(
      async database => {
        const { id } = await findUser(AUTH_DATABASE_URL, email);
        return await work({
          database,
          actor: { type: 'user', userId: id },
          requestId: `cli-${randomUUID()}`,
          log: openLog(),
          vault: needs.includes('vault') ? await openKeys(database) : unopened('vault'),
          queue: queue ?? unopened('queue'),
          graph: unopened('Graph client'),
          mailer: unopened('mailer'),
          publicUrl: '',
          metrics: unopened('metrics'),
        });
      },
      { roles },
    );
  } finally {
    await queue?.close();
  }
}

const openKeys = (database: Database) => openVault(database, readVariables('PAGEKEEPER_KEYS').PAGEKEEPER_KEYS);

/** @throws UsageError where no variable says where the queue is */
function openQueue(): Queue {
  const given = findVariables('REDIS_URL', 'REDIS_CLUSTER', 'QUEUE_DATABASE_URL', 'QUEUE_PREFIX');
  if (!given.REDIS_URL && !given.QUEUE_DATABASE_URL) {
    throw new UsageError('Neither QUEUE_DATABASE_URL nor REDIS_URL is set.');
  }
  const { QUEUE_PREFIX: prefix } = given;
  return createQueue({ connection: queueConnectionOf(given), log: openLog(), ...(prefix && { prefix }) });
}

/** Stands for what a command does not open, and says so if it is used all the same. */
function unopened<Service extends object>(name: string): Service {
  const refuse = () => {
    throw new Error(`This command opens no ${name}.`);
  };
  return new Proxy({}, { get: refuse }) as Service;
}
