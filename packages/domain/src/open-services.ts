import { createGraphClient, type GraphClient } from '@pagekeeper/facebook/graph-client';
import { createQueue, type Queue } from '@pagekeeper/queue/queue';
import { armFailpoint } from '@pagekeeper/runtime/failpoint';
import type { Log } from '@pagekeeper/runtime/log';
import { Metrics } from '@pagekeeper/runtime/metrics/metrics';
import type { Services } from './context.ts';
import { closeDatabase, openDatabase } from './database/database.ts';
import { appSecretsOf, mailSettingsOf, queueConnectionOf, type ServiceVariables } from './environment.ts';
import { createMailer } from './mail/mailer.ts';
import { createServiceMetrics } from './service-metrics.ts';
import { openVault } from './vault/open-vault.ts';

/** The services of a process, and how to close them. */
export interface OpenServices extends Services {
  readonly queue: Queue;
  readonly graph: GraphClient;
  close(): Promise<void>;
}

/**
 * Opens everything that verbs need. A process has looked before whether it may start at all (`check-start.ts`).
 * @throws KeyUnavailableError, VaultError: sentences for the operator
 */
export async function openServices(
  variables: ServiceVariables,
  log: Log,
  metrics = new Metrics('none'),
): Promise<OpenServices> {
  armFailpoint(variables.FAIL_AT && { ...variables.FAIL_AT, signal: variables.FAIL_BY });
  const database = openDatabase({
    url: variables.DATABASE_URL,
    maxConnections: variables.DATABASE_POOL,
    namedStatements: variables.NAMED_STATEMENTS === 'on',
  });
  const vault = await openVault(database, variables.PAGEKEEPER_KEYS);
  const connection = queueConnectionOf(variables);
  const queue = createQueue({ connection, log, prefix: variables.QUEUE_PREFIX });
  const graph = createGraphClient({
    graphUrl: variables.FACEBOOK_GRAPH_URL,
    version: variables.FACEBOOK_GRAPH_VERSION,
    appId: variables.FACEBOOK_APP_ID,
    appSecret: appSecretsOf(variables)[0]!,
    timeoutMs: variables.FACEBOOK_TIMEOUT_MS,
    onOtherVersion: served => log.warn({ served }, 'Facebook answers with another Graph version than we ask for'),
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
    metrics: createServiceMetrics(metrics),
    close: async () => {
      mailer.close();
      await Promise.allSettled([queue.close(), graph.close(), closeDatabase(database)]);
    },
  };
}
