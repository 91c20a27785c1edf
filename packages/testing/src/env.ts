import { portVariable, readEnvironment, urlVariable } from '@pagekeeper/runtime/environment';
import * as z from 'zod';

const database = urlVariable('postgres', 'postgresql').optional();
const web = urlVariable('http', 'https').optional();
const text = z.string().optional();

/** Whose value `npm start` hands on as it is given, and has no say in: to api and worker, to one of them. */
export const passedOn = {
  both: [
    'DATABASE_POOL',
    'NAMED_STATEMENTS',
    'REDIS_CLUSTER',
    'QUEUE_PREFIX',
    'FACEBOOK_GRAPH_VERSION',
    'FACEBOOK_TIMEOUT_MS',
    'FACEBOOK_LOGIN_CONFIG_ID',
    'MAIL_FROM',
    'REPLIES',
  ],
  api: ['TRUST_PROXY', 'KEEP_ALIVE_SECONDS', 'STOP_DELAY_MS'],
  worker: ['CONCURRENCY', 'REPLY_QUIET_SECONDS', 'EVENT_RETENTION_DAYS'],
} as const;

const texts = <Name extends string>(names: readonly Name[]) =>
  Object.fromEntries(names.map(name => [name, text])) as Record<Name, typeof text>;

const startSchema = z
  .object({
    NODE_ENV: text,
    PORT: portVariable.default(4000),
    SIMULATOR_PORT: portVariable.default(4700),
    MAIL_PORT: portVariable.default(4800),
    METRICS_PORT: portVariable.optional(),
    PUBLIC_URL: web,
    ADMIN_DATABASE_URL: database,
    PAGEKEEPER_DATABASE: z
      .string()
      .regex(/^[a-z_][a-z0-9_]{0,62}$/, 'must be lower-case letters, digits and _, at most 63')
      .default('pagekeeper'),
    DATABASE_URL: database,
    AUTH_DATABASE_URL: database,
    MIGRATION_DATABASE_URL: database,
    QUEUE_DATABASE_URL: database,
    REDIS_URL: urlVariable('redis', 'rediss').optional(),
    PAGEKEEPER_KEYS: text,
    AUTH_SECRET: text,
    FACEBOOK_APP_ID: text,
    FACEBOOK_APP_SECRET: text,
    FACEBOOK_VERIFY_TOKEN: text,
    FACEBOOK_GRAPH_URL: web,
    FACEBOOK_DIALOG_URL: web,
    SMTP_URL: text,
    RATE_LIMIT_PER_10_SECONDS: text,
    RATE_LIMIT_STRANGERS_PER_MINUTE: text,
    RATE_LIMIT_ATTEMPTS_PER_MINUTE: text,
    RATE_LIMIT_MAILS_PER_HOUR: text,
    RATE_LIMIT_FREE_GUESSES: text,
    LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).optional(),
    ...texts([...passedOn.both, ...passedOn.api, ...passedOn.worker]),
    REDIS_CLUSTER: z.enum(['on', 'off']).optional(),
  })
  .superRefine((given, context) => {
    for (const [name, message] of contradictions(given)) context.addIssue({ code: 'custom', path: [name], message });
  });

/** All that `npm start` looks at. */
export const startNames: readonly string[] = Object.keys(startSchema.shape);

export type StartEnvironment = z.output<typeof startSchema>;

/** What `npm start` was asked for. Faults are told in a sentence each, then the process exits with 1. */
export const readStartEnvironment = (): StartEnvironment => readEnvironment(startSchema, process.env);

const roleUrlNames = ['DATABASE_URL', 'AUTH_DATABASE_URL', 'MIGRATION_DATABASE_URL'] as const;

function contradictions(given: Partial<Record<string, unknown>>): [name: string, message: string][] {
  const faults: [string, string][] = [];
  const roles = roleUrlNames.filter(name => given[name]);
  const missing = roleUrlNames.filter(name => !given[name]);
  if (roles.length > 0 && missing.length > 0) {
    faults.push([roles[0]!, `is of no use without ${missing.join(' and ')}; ADMIN_DATABASE_URL alone is enough`]);
  }
  if (roles.length > 0 && given.ADMIN_DATABASE_URL) {
    faults.push(['ADMIN_DATABASE_URL', `contradicts ${roles[0]}: one server creates its roles, the other has them`]);
  }
  if (given.QUEUE_DATABASE_URL && given.REDIS_URL) {
    faults.push(['REDIS_URL', 'contradicts QUEUE_DATABASE_URL: the queue lies in one of them']);
  }
  if (roles.length === 3 && !given.QUEUE_DATABASE_URL && !given.REDIS_URL) {
    faults.push(['QUEUE_DATABASE_URL', 'or REDIS_URL is needed where DATABASE_URL is set']);
  }
  const ports = ['PORT', 'SIMULATOR_PORT', 'MAIL_PORT', 'METRICS_PORT'].filter(name => given[name]);
  const repeated = ports.find((name, index) => ports.slice(0, index).some(other => given[other] === given[name]));
  if (repeated) faults.push([repeated, 'must differ from the other ports']);
  return faults;
}

const testSchema = z.object({
  CI: z.string().optional(),
  TEST_ADMIN_DATABASE_URL: database,
  ADMIN_DATABASE_URL: database,
  TEST_REDIS_URL: urlVariable('redis', 'rediss').optional(),
  REDIS_URL: urlVariable('redis', 'rediss').optional(),
  TEST_PGBOUNCER: z.enum(['on', 'off']).default('off'),
  TEST_BUILT: z.enum(['on', 'off']).optional(),
});

/** The servers a test run is given, and whether it may skip what is missing. */
export function readTestEnvironment() {
  const given = readEnvironment(testSchema, process.env);
  const isCi = given.CI !== undefined && given.CI !== 'false';
  return {
    isCi,
    adminUrl: given.TEST_ADMIN_DATABASE_URL ?? given.ADMIN_DATABASE_URL,
    redisUrl: given.TEST_REDIS_URL ?? given.REDIS_URL,
    throughPgBouncer: given.TEST_PGBOUNCER === 'on',
    /** Processes run what was built, which is built first if need be; otherwise their source. */
    buildsFirst: given.TEST_BUILT ? given.TEST_BUILT === 'on' : isCi,
  };
}

const builtVariable = 'PAGEKEEPER_TEST_BUILT';

/** Tests of this run start what was built: said by the global setup to the processes that the tests are in. */
export const runBuilt = (): void => {
  process.env[builtVariable] = 'on';
};
export const runsBuilt = (): boolean => process.env[builtVariable] === 'on';

const seedSchema = z.object({
  API_URL: urlVariable('http', 'https'),
  SIMULATOR_URL: urlVariable('http', 'https'),
  DATABASE_URL: urlVariable('postgres', 'postgresql'),
  MIGRATION_DATABASE_URL: urlVariable('postgres', 'postgresql'),
  QUEUE_DATABASE_URL: database,
  REDIS_URL: urlVariable('redis', 'rediss').optional(),
  REDIS_CLUSTER: z.enum(['on', 'off']).default('off'),
  QUEUE_PREFIX: text,
});

/** The system that the demo is made in. */
export const readSeedEnvironment = () => readEnvironment(seedSchema, process.env);

const inheritedNames = [
  'PATH',
  'HOME',
  'TMPDIR',
  'TZ',
  'LANG',
  'NODE_OPTIONS',
  'NODE_V8_COVERAGE',
  'NODE_EXTRA_CA_CERTS',
  'HTTPS_PROXY',
  'NO_PROXY',
];

/** What a child process needs of our own environment; everything else it gets by name, so nothing leaks into it. */
export function inheritedEnvironment(): Record<string, string> {
  const entries = inheritedNames.map(name => [name, process.env[name]] as const);
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}
