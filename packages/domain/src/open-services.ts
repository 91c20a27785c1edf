import { createGraphClient, type GraphClient } from '@pagekeeper/facebook/graph-client';
import { createQueue, type Queue } from '@pagekeeper/queue/queue';
import { checkRedis } from '@pagekeeper/queue/redis-safety';
import { armFailpoint } from '@pagekeeper/runtime/failpoint';
import type { Log } from '@pagekeeper/runtime/log';
import { checkBoot } from './boot-checks.ts';
import type { Services } from './context.ts';
import { closeDatabase, openDatabase } from './database/database.ts';
import { appSecretsOf, mailSettingsOf, queueConnectionOf, type ServiceVariables } from './environment.ts';
import { createMailer } from './mail/mailer.ts';
import { openVault } from './vault/open-vault.ts';

/** The services of a process, and how to close them. */
export interface OpenServices extends Services {
  readonly queue: Queue;
  readonly graph: GraphClient;
  close(): Promise<void>;
}

/**
 * Opens everything that verbs need, after all that could be wrong was checked.
 * @throws BootRefused, VaultError: sentences for the operator
 */
export async function openServices(variables: ServiceVariables, log: Log): Promise<OpenServices> {
  armFailpoint(variables.FAIL_AT && { ...variables.FAIL_AT, signal: variables.FAIL_BY });
  const production = variables.NODE_ENV === 'production';
  const database = openDatabase({
    url: variables.DATABASE_URL,
    maxConnections: variables.DATABASE_POOL,
    namedStatements: variables.NAMED_STATEMENTS === 'on',
  });
  await checkBoot(database, { production });
  const vault = await openVault(database, variables.PAGEKEEPER_KEYS);
  const connection = queueConnectionOf(variables);
  if (connection.type === 'redis') await checkRedis(connection.url, { production, log });
  const queue = createQueue({ connection, log, prefix: variables.QUEUE_PREFIX });
  const graph = createGraphClient({
    graphUrl: variables.FACEBOOK_GRAPH_URL,
    version: variables.FACEBOOK_GRAPH_VERSION,
    appId: variables.FACEBOOK_APP_ID,
    appSecret: appSecretsOf(variables)[0]!,
    timeoutMs: variables.FACEBOOK_TIMEOUT_MS,
  });
  const { PUBLIC_URL: publicUrl } = variables;
  const mailer = createMailer({ ...mailSettingsOf(variables), log });
  return {
    database,
    vault,
    queue,
    graph,
    mailer,
    publicUrl,
    log,
    close: async () => {
      mailer.close();
      await Promise.allSettled([queue.close(), graph.close(), closeDatabase(database)]);
    },
  };
}
