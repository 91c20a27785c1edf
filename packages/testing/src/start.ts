import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { migrateToLatest } from '@pagekeeper/domain/database/migrate';
import { queueConnectionOf } from '@pagekeeper/domain/environment';
import { createLog } from '@pagekeeper/runtime/log';
import { stopOnSignal } from '@pagekeeper/runtime/stop';
import { buildConsole } from './console.ts';
import { withClocks } from './demo/clocks.ts';
import { demoLogins, demoPassword, demoStaff, seedDemo } from './demo.ts';
import type { StartEnvironment } from './env.ts';
import { readStartEnvironment } from './env.ts';
import { startPostgres } from './postgres.ts';
import { repositoryFolder } from './processes.ts';
import type { LocalFolder } from './start/folder.ts';
import { openLocalFolder } from './start/folder.ts';
import { openProcessLog } from './start/logs.ts';
import type { Addresses, DatabaseUrls } from './start/plan.ts';
import { childVariables, chooseAddresses, prepareDatabase } from './start/plan.ts';
import { endLeftovers, keepRunningList } from './start/running.ts';
import type { LocalSecrets } from './start/secrets.ts';
import { keepSecrets } from './start/secrets.ts';
import { supervise } from './start/supervisor.ts';
import { formatTable } from './start/table.ts';
import { keepVariables } from './start/variables.ts';
import { portProblem } from './system/ports.ts';

const say = (sentence: string) => process.stdout.write(`${sentence}\n`);

/** What has to be undone, in the order it was done. */
const undo: (() => void | Promise<void>)[] = [];
let ending: Promise<void> | undefined;
let starting: Promise<void> = Promise.resolve();

/** `npm start`: everything that a developer or a guest needs, from nothing but Node. */
function main(): void {
  const given = readStartEnvironment();
  listenForTheEnd(given);
  starting = start(given);
  starting.catch(error => endWith(1, error instanceof Error ? error.message : String(error)));
}

async function start(given: StartEnvironment): Promise<void> {
  const folder = openLocalFolder(repositoryFolder);
  undo.push(() => folder.release());
  await endLeftovers(folder.file('running.json'));
  const addresses = await chooseAddresses(given);
  await refuseTakenPorts(addresses);
  const secrets = keepSecrets(folder.path);
  goOn();
  const adminUrl = given.DATABASE_URL ? null : (given.ADMIN_DATABASE_URL ?? (await startOwnPostgres(folder)));
  goOn();
  const urls = await prepareDatabase(given, secrets, adminUrl);
  await migrateToLatest({ ownerUrl: urls.owner, queueUrl: urls.queue });
  goOn();
  await buildConsole(say);
  goOn();
  // An administrator's URL that was given to us is not ours to keep.
  const operators = ({ owner }: DatabaseUrls) => ({
    MIGRATION_DATABASE_URL: owner,
    ADMIN_DATABASE_URL: given.DATABASE_URL || given.ADMIN_DATABASE_URL ? undefined : (adminUrl ?? undefined),
  });
  const variables = childVariables(given, secrets, addresses, urls, folder.file('simulator.json'));
  if (given.NODE_ENV !== 'production')
    keepVariables(folder.file('variables.json'), { ...variables.api, ...operators(urls) });
  await startApps(folder, given, addresses, variables);
  await seed(given, addresses, urls, folder.file('seeding'));
  goOn();
  say(describeSystem(given, secrets, addresses, urls));
}

/** @param marker a file that is there while the clocks are moved: a start that was killed then left them so */
async function seed(given: StartEnvironment, to: Addresses, urls: DatabaseUrls, marker: string): Promise<void> {
  const { apiUrl, publicUrl, simulatorUrl } = to;
  const ownerUrl = given.NODE_ENV === 'production' ? undefined : urls.owner;
  if (existsSync(marker) && ownerUrl && simulatorUrl) await withClocks({ ownerUrl, simulatorUrl }, async () => {});
  writeFileSync(marker, '');
  const queue = { connection: queueConnectionOf({ ...given, QUEUE_DATABASE_URL: urls.queue ?? undefined }) };
  await seedDemo({ apiUrl, publicUrl, simulatorUrl, databaseUrl: urls.app, ownerUrl, ...(ownerUrl && { queue }) });
  rmSync(marker, { force: true });
}

async function refuseTakenPorts(to: Addresses): Promise<void> {
  const problems = [
    await portProblem(to.apiPort, 'PORT', 'npm start'),
    to.simulatorUrl ? await portProblem(to.simulatorPort, 'SIMULATOR_PORT', 'npm start') : null,
    to.mailUrl ? await portProblem(to.mailPort, 'MAIL_PORT', 'npm start') : null,
  ].filter(problem => problem !== null);
  if (problems.length > 0) throw new Error(problems.join('\n'));
}

async function startOwnPostgres(folder: LocalFolder): Promise<string> {
  say('Starting Postgres …');
  const postgres = await startPostgres({ dataDirectory: folder.file('postgres'), log: say });
  undo.push(() => postgres.stop());
  void postgres.exited.then(() => endWith(1, 'Postgres has gone away, so everything else is stopped.'));
  return postgres.adminUrl;
}

/** In this order, and stopped in the opposite one: the worker first, Postgres last. */
async function startApps(
  folder: LocalFolder,
  given: StartEnvironment,
  addresses: Addresses,
  variables: ReturnType<typeof childVariables>,
): Promise<void> {
  const running = keepRunningList(folder.file('running.json'));
  undo.push(() => running.clear());
  const apps = [
    ...(addresses.simulatorUrl ? [{ name: 'simulator', folder: 'graph-simulator', env: variables.simulator }] : []),
    ...(addresses.mailUrl ? [{ name: 'mail catcher', folder: 'mail-catcher', env: variables.mailCatcher }] : []),
    { name: 'api', folder: 'api', env: variables.api },
    { name: 'worker', folder: 'worker', env: variables.worker },
  ];
  for (const app of apps) {
    goOn();
    say(`Starting ${app.name} …`);
    const log = openProcessLog(folder.file('logs'), app.name, given.LOG_LEVEL ?? 'warn');
    undo.push(() => log.close());
    const process = { name: app.name, entry: `apps/${app.folder}/src/main.ts`, env: app.env, onLine: log.line };
    const supervised = await supervise(process, { tell: say, onPid: running.set, onGivenUp: why => endWith(1, why) });
    undo.push(() => supervised.stop());
  }
}

/** Called between two steps: Ctrl-C in the middle of a start ends it here. */
function goOn(): void {
  if (ending) throw new Error('Stopped while starting.');
}

/** Undoes what was done, the last thing first; a step in progress is finished before. */
function endEverything(): Promise<void> {
  ending ??= (async () => {
    await starting.catch(() => {});
    for (const step of undo.toReversed()) await step();
  })();
  return ending;
}

function endWith(code: number, sentence: string): void {
  if (ending) return;
  process.stderr.write(`${sentence}\n`);
  endEverything().then(
    () => process.exit(code),
    error => {
      process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
      process.exit(1);
    },
  );
}

const stopDeadlineMs = 60_000;

function listenForTheEnd(given: StartEnvironment): void {
  // A closed terminal or pipe must not end us before we ended everything else.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  // Ctrl-C arrives from the terminal and again from npm: a listener that stays keeps the second from killing us.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});
  process.on('SIGHUP', () => process.kill(process.pid, 'SIGTERM'));
  process.on('uncaughtException', error => endWith(1, error.stack ?? error.message));
  const toTerminal = { write: (line: string) => process.stderr.write(line) };
  const log = createLog({ name: 'start', level: given.LOG_LEVEL ?? 'warn', destination: toTerminal });
  const stop = () => {
    say('\nStopping …');
    return endEverything();
  };
  stopOnSignal(log, stop, stopDeadlineMs);
}

function describeSystem(given: StartEnvironment, secrets: LocalSecrets, to: Addresses, urls: DatabaseUrls): string {
  const server = (url: string) => new URL(url).host + new URL(url).pathname;
  const own = given.ADMIN_DATABASE_URL || given.DATABASE_URL ? '' : ' (embedded)';
  const app = secrets.simulator;
  const simulator = to.simulatorUrl
    ? [
        [],
        ['Simulator', to.simulatorUrl.replace('127.0.0.1', 'localhost')],
        ['  app id', given.FACEBOOK_APP_ID ?? app.appId],
        ['  app secret', given.FACEBOOK_APP_SECRET ?? app.appSecret],
        ['  verify token', given.FACEBOOK_VERIFY_TOKEN ?? app.verifyToken],
      ]
    : [[], ['Graph API', given.FACEBOOK_GRAPH_URL ?? '']];
  return [
    '\nPagekeeper runs. Ctrl-C stops it; what it holds stays in .pagekeeper/ for the next time.\n',
    formatTable([
      ['Console', to.publicUrl],
      ['API', `${to.publicUrl}/v1`],
      ['API docs', `${to.publicUrl}/docs`],
      ['Webhooks', `${to.publicUrl}/webhooks/facebook`],
      ['Mail', to.mailUrl?.replace('127.0.0.1', 'localhost') ?? new URL(to.smtpUrl).host],
      ['Database', `${server(urls.app)}${own}`],
      ['Queue', urls.queue ? 'the same Postgres' : server(given.REDIS_URL ?? '')],
      ['Logs', '.pagekeeper/logs'],
      ...simulator,
      [],
      ...demoLogins.map(({ organization, role, email }) => [`${organization} ${role}`, email, demoPassword]),
      ...(given.NODE_ENV === 'production' ? [] : [['Staff', demoStaff.email, demoPassword]]),
    ]),
    '',
  ].join('\n');
}

main();
