import { appSecretsOf, queueConnectionOf } from '@pagekeeper/domain/environment';
import { verifyMailServer } from '@pagekeeper/domain/mail/mailer';
import { createGraphClient } from '@pagekeeper/facebook/graph-client';
import { missingFields } from '@pagekeeper/facebook/subscribed-fields';
import { checkQueue } from '@pagekeeper/queue/check-queue';
import { createQueue } from '@pagekeeper/queue/queue';
import { findVariables, isProduction, readVariables } from '../env.ts';
import { openLog } from '../log.ts';
import { counted } from '../output.ts';
import { type Finding, failed, reasonOf, warning, well } from './finding.ts';

/** Each looks at one thing around the database. */
export const examineApp: readonly (() => Promise<Finding>)[] = [lookAtQueue, lookAtGraph, lookAtMail];

async function lookAtQueue(): Promise<Finding> {
  const given = findVariables('REDIS_URL', 'REDIS_CLUSTER', 'QUEUE_DATABASE_URL', 'QUEUE_PREFIX');
  if (!given.REDIS_URL && !given.QUEUE_DATABASE_URL) {
    return failed('queue', 'neither REDIS_URL nor QUEUE_DATABASE_URL is set', 'Set one of them: jobs need a queue.');
  }
  const log = openLog();
  const connection = queueConnectionOf(given);
  const queue = createQueue({ connection, log, ...(given.QUEUE_PREFIX && { prefix: given.QUEUE_PREFIX }) });
  const name = connection.type === 'redis' ? 'Redis' : 'Postgres';
  try {
    await checkQueue(connection, { production: true, log });
    await queue.ping();
    const { waiting, active, failed: lost } = await queue.counts();
    const detail = `${name}: ${counted(waiting, 'job')} waiting, ${active} running, ${lost} failed`;
    return lost > 0
      ? warning('queue', detail, "Read why in the worker's log; sweeps find what they were for.")
      : well('queue', detail);
  } catch (error) {
    const fix =
      connection.type === 'redis'
        ? 'Start Redis, or correct it or REDIS_URL.'
        : 'pagekeeper migrate, or correct QUEUE_DATABASE_URL.';
    return failed('queue', `${name}: ${reasonOf(error)}`, fix);
  } finally {
    await queue.close();
  }
}

async function lookAtGraph(): Promise<Finding> {
  const variables = readVariables(
    'FACEBOOK_APP_ID',
    'FACEBOOK_APP_SECRET',
    'FACEBOOK_GRAPH_URL',
    'FACEBOOK_GRAPH_VERSION',
    'PUBLIC_URL',
  );
  const { FACEBOOK_APP_ID: appId, FACEBOOK_GRAPH_URL: graphUrl, FACEBOOK_GRAPH_VERSION: version } = variables;
  const graph = createGraphClient({ graphUrl, version, appId, appSecret: appSecretsOf(variables)[0]! });
  try {
    const read = await graph.readAppSubscription();
    if (!read.ok) {
      const isOurs = [100, 101, 190, 200].includes(read.error.code ?? 0);
      const fix = isOurs ? 'Correct FACEBOOK_APP_ID and FACEBOOK_APP_SECRET.' : `Can this machine reach ${graphUrl}?`;
      return failed('facebook', `app ${appId}: ${reasonOf(read.error)}`, fix);
    }
    const fix = 'npm run facebook:subscribe';
    const callbackUrl = new URL('/webhooks/facebook', variables.PUBLIC_URL).href;
    if (!read.value?.isActive) return warning('facebook', `app ${appId} is subscribed to no events of pages`, fix);
    const missing = missingFields(read.value.fields);
    if (missing.length > 0) return warning('facebook', `the subscription lacks ${missing.join(', ')}`, fix);
    // In development the simulator calls the api by another name of the same machine.
    if (read.value.callbackUrl !== callbackUrl && isProduction()) {
      return warning('facebook', `events go to ${read.value.callbackUrl}`, `${fix} sends them to ${callbackUrl}.`);
    }
    return well('facebook', `app ${appId}; events go to ${read.value.callbackUrl}`);
  } finally {
    await graph.close();
  }
}

async function lookAtMail(): Promise<Finding> {
  const { SMTP_URL } = findVariables('SMTP_URL');
  const without = 'Set SMTP_URL: invitations and warnings go by mail.';
  if (!SMTP_URL) {
    const detail = 'SMTP_URL is not set: no mail is sent';
    return isProduction() ? failed('mail', detail, without) : warning('mail', detail, without);
  }
  const { host } = new URL(SMTP_URL.reveal());
  try {
    await verifyMailServer(SMTP_URL.reveal());
    return well('mail', host);
  } catch (error) {
    return failed('mail', `${host}: ${reasonOf(error)}`, 'Start the mail server, or correct SMTP_URL.');
  }
}
