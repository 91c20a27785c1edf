import { createDatabaseAndRoles, roleUrls } from '@pagekeeper/domain/database/roles';
import { passedOn, type StartEnvironment } from '../env.ts';
import { generousLimits } from '../generous-limits.ts';
import { freePort } from '../system/ports.ts';
import type { LocalSecrets } from './secrets.ts';

/** Where one start serves, and how it reaches Meta (or the stand-in). */
export interface Addresses {
  apiPort: number;
  simulatorPort: number;
  /** For people and cookies. */
  publicUrl: string;
  /** For our own processes. */
  apiUrl: string;
  /** Null when the environment points to another Graph API. */
  simulatorUrl: string | null;
  mailPort: number;
  /** Where our processes send mail: the catcher, unless the environment names a mail server. */
  smtpUrl: string;
  /** Where people read caught mail; null when it goes elsewhere. */
  mailUrl: string | null;
}

/** Resolves port 0 and decides whether the simulator is needed. */
export async function chooseAddresses(given: StartEnvironment): Promise<Addresses> {
  const apiPort = given.PORT || (await freePort());
  const simulatorPort = given.SIMULATOR_PORT || (await freePort());
  const simulatorUrl = `http://127.0.0.1:${simulatorPort}`;
  const isElsewhere = given.FACEBOOK_GRAPH_URL !== undefined && !pointsTo(given.FACEBOOK_GRAPH_URL, simulatorPort);
  const mailPort = given.MAIL_PORT || (await freePort());
  return {
    mailPort,
    smtpUrl: given.SMTP_URL ?? `smtp://127.0.0.1:${await freePort()}`,
    mailUrl: given.SMTP_URL ? null : `http://127.0.0.1:${mailPort}`,
    apiPort,
    simulatorPort,
    publicUrl: given.PUBLIC_URL ?? `http://localhost:${apiPort}`,
    apiUrl: `http://127.0.0.1:${apiPort}`,
    simulatorUrl: isElsewhere ? null : simulatorUrl,
  };
}

function pointsTo(url: string, port: number): boolean {
  const { hostname, port: given } = new URL(url);
  return ['localhost', '127.0.0.1', '[::1]'].includes(hostname) && given === String(port);
}

export interface DatabaseUrls {
  app: string;
  owner: string;
  auth: string;
  /** Null where Redis carries the queue. */
  queue: string | null;
}

/**
 * The URL of each role: the environment's where it names them, else those of a database that is created, with its
 * roles, on the given server.
 */
export async function prepareDatabase(
  given: StartEnvironment,
  secrets: LocalSecrets,
  adminUrl: string | null,
): Promise<DatabaseUrls> {
  if (!adminUrl) {
    const { DATABASE_URL, MIGRATION_DATABASE_URL, AUTH_DATABASE_URL, QUEUE_DATABASE_URL } = given;
    return {
      app: DATABASE_URL!,
      owner: MIGRATION_DATABASE_URL!,
      auth: AUTH_DATABASE_URL!,
      queue: QUEUE_DATABASE_URL ?? null,
    };
  }
  const options = { database: given.PAGEKEEPER_DATABASE, passwords: secrets.rolePasswords };
  await createDatabaseAndRoles(adminUrl, options);
  const urls = roleUrls(adminUrl, options);
  return { ...urls, queue: given.REDIS_URL ? null : (given.QUEUE_DATABASE_URL ?? urls.queue) };
}

type Variables = Record<string, string | undefined>;

/** What each process gets: its own variables and no other's. */
export function childVariables(
  given: StartEnvironment,
  secrets: LocalSecrets,
  addresses: Addresses,
  urls: DatabaseUrls,
  stateFile: string,
): { api: Variables; worker: Variables; simulator: Variables; mailCatcher: Variables } {
  const common = { NODE_ENV: 'development', LOG_LEVEL: given.LOG_LEVEL ?? 'info' };
  const app = {
    FACEBOOK_APP_ID: given.FACEBOOK_APP_ID ?? secrets.simulator.appId,
    FACEBOOK_APP_SECRET: given.FACEBOOK_APP_SECRET ?? secrets.simulator.appSecret,
    FACEBOOK_VERIFY_TOKEN: given.FACEBOOK_VERIFY_TOKEN ?? secrets.simulator.verifyToken,
  };
  const worker = {
    ...common,
    ...app,
    DATABASE_URL: urls.app,
    QUEUE_DATABASE_URL: urls.queue ?? undefined,
    REDIS_URL: given.REDIS_URL,
    PAGEKEEPER_KEYS: given.PAGEKEEPER_KEYS ?? secrets.pagekeeperKeys,
    PUBLIC_URL: addresses.publicUrl,
    FACEBOOK_GRAPH_URL: given.FACEBOOK_GRAPH_URL ?? addresses.simulatorUrl ?? undefined,
    FACEBOOK_DIALOG_URL: given.FACEBOOK_DIALOG_URL ?? addresses.simulatorUrl ?? undefined,
    SMTP_URL: addresses.smtpUrl,
    ...pick(given, passedOn.both),
  };
  return {
    worker: { ...worker, ...pick(given, passedOn.worker), METRICS_PORT: nextPort(given.METRICS_PORT)?.toString() },
    api: {
      ...worker,
      AUTH_DATABASE_URL: urls.auth,
      AUTH_SECRET: given.AUTH_SECRET ?? secrets.authSecret,
      PORT: String(addresses.apiPort),
      METRICS_PORT: given.METRICS_PORT?.toString(),
      ...pick(given, passedOn.api),
      ...limitsOf(given),
    },
    mailCatcher: { ...common, PORT: String(addresses.mailPort), SMTP_PORT: new URL(addresses.smtpUrl).port },
    simulator: {
      ...common,
      ...app,
      // While the app's secret rotates, Meta signs with the newest.
      FACEBOOK_APP_SECRET: app.FACEBOOK_APP_SECRET.split(',')[0],
      PORT: String(addresses.simulatorPort),
      WEBHOOK_CALLBACK_URL: `${addresses.apiUrl}/webhooks/facebook`,
      STATE_FILE: stateFile,
    },
  };
}

const pick = (given: StartEnvironment, names: readonly (keyof StartEnvironment & string)[]): Variables =>
  Object.fromEntries(names.map(name => [name, given[name] as string | undefined]));

/** The api's is the one that was asked for, the worker's the one after it. */
const nextPort = (port: number | undefined) => (port ? port + 1 : port);

/** High ones, save where the environment names them. */
function limitsOf(given: StartEnvironment): Variables {
  const names = Object.keys(generousLimits) as (keyof typeof generousLimits)[];
  return Object.fromEntries(names.map(name => [name, given[name] ?? generousLimits[name]]));
}
