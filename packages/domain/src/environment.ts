import type { QueueConnection } from '@pagekeeper/queue/queue';
import { portVariable, secretVariable, urlVariable } from '@pagekeeper/runtime/environment';
import { parseFailpoint } from '@pagekeeper/runtime/failpoint';
import { Secret } from '@pagekeeper/runtime/secret';
import * as z from 'zod';
import { type KeyRing, parseKeyRing } from './vault/key-ring.ts';

const keyRing = z.string().transform((text, context) => {
  try {
    return parseKeyRing(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message });
    return z.NEVER;
  }
});

const failpoint = z.string().transform((text, context) => {
  const parsed = parseFailpoint(text);
  if (parsed) return parsed;
  context.addIssue({ code: 'custom', message: 'must be the name of a failpoint, or name:2 for its second pass' });
  return z.NEVER;
});

/** What every process of ours reads. No key has a default: a process without one does not start. */
export const serviceVariables = z.object({
  NODE_ENV: z.enum(['development', 'test', 'production']).default('production'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  HOST: z.string().default('127.0.0.1').describe('Where it listens; 0.0.0.0 in a container.'),
  METRICS_PORT: portVariable
    .optional()
    .describe('Where Prometheus finds /metrics; nowhere without it. Not for the world outside.'),
  DATABASE_URL: urlVariable('postgres', 'postgresql').describe('pagekeeper_app on the database.'),
  DATABASE_POOL: z.coerce.number().int().min(2).max(200).default(16).describe('Connections at most.'),
  NAMED_STATEMENTS: z.enum(['on', 'off']).default('on').describe('off behind PgBouncer in transaction mode.'),
  QUEUE_DATABASE_URL: urlVariable('postgres', 'postgresql').optional().describe('pagekeeper_queue; or REDIS_URL.'),
  REDIS_URL: urlVariable('redis', 'rediss').optional().describe('The queue in production; or QUEUE_DATABASE_URL.'),
  REDIS_CLUSTER: z.enum(['on', 'off']).default('off').describe('on: REDIS_URL is one node of a Redis Cluster.'),
  QUEUE_PREFIX: z.string().min(1).max(50).optional().describe('Redis key prefix, {pagekeeper} by default.'),
  PAGEKEEPER_KEYS: keyRing.describe('id:base64,… of 32 bytes each. The first encrypts, all decrypt.'),
  FACEBOOK_APP_ID: z.string().regex(/^\d{1,32}$/, 'must be the decimal id of the app'),
  FACEBOOK_APP_SECRET: secretVariable(16)
    // An empty part would be a key that everybody knows.
    .refine(
      secret =>
        secret
          .reveal()
          .split(',')
          .every(part => part.trim().length >= 16),
      {
        error: 'needs at least 16 characters in each of its comma-separated parts',
      },
    )
    .describe('Comma-separated while rotating, the current one first.'),
  FACEBOOK_VERIFY_TOKEN: secretVariable(16),
  FACEBOOK_GRAPH_URL: urlVariable('http', 'https').default('https://graph.facebook.com'),
  FACEBOOK_DIALOG_URL: urlVariable('http', 'https').default('https://www.facebook.com'),
  FACEBOOK_GRAPH_VERSION: z
    .string()
    .regex(/^v\d{1,3}\.\d{1,2}$/, 'must look like v25.0')
    .default('v25.0'),
  FACEBOOK_TIMEOUT_MS: z.coerce
    .number()
    .int()
    .min(100)
    .max(60_000)
    .default(10_000)
    .describe('How long one request to Facebook may take.'),
  FACEBOOK_LOGIN_CONFIG_ID: z
    .string()
    .regex(/^\d{1,32}$/, 'must be the decimal id of a login configuration')
    .optional()
    .describe('Of Facebook Login for Business; without it the dialog asks for permissions one by one.'),
  PUBLIC_URL: urlVariable('http', 'https').describe('Where browsers and Facebook find the api.'),
  SMTP_URL: urlVariable('smtp', 'smtps')
    .transform(url => new Secret(url))
    .optional()
    .describe('smtp://user:password@host:port, the mail server.'),
  MAIL_FROM: z.string().max(200).optional().describe('Sender of mails; no-reply at the host of PUBLIC_URL by default.'),
  REPLIES: z.enum(['on', 'off']).default('on').describe('off: no automatic reply in the whole system.'),
  DEBUG: z.string().optional().describe('Refused in production: libraries print with it what they send.'),
  FAIL_AT: failpoint.optional().describe('Tests only: where the process kills itself.'),
  FAIL_BY: z.enum(['SIGKILL', 'SIGSTOP']).default('SIGKILL').describe('Tests only: with which signal.'),
});

export type ServiceVariables = z.output<typeof serviceVariables>;

/** Variables that exclude or need each other. */
export function refuseContradictions(
  variables: ServiceVariables & { AUTH_SECRET?: Secret },
  context: z.RefinementCtx,
): void {
  const refuse = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
  const { REDIS_URL, QUEUE_DATABASE_URL } = variables;
  if (!REDIS_URL && !QUEUE_DATABASE_URL) refuse('REDIS_URL', 'set it, or QUEUE_DATABASE_URL: jobs need a queue');
  if (!REDIS_URL && variables.REDIS_CLUSTER === 'on') refuse('REDIS_CLUSTER', 'is of no use without REDIS_URL');
  if (REDIS_URL && QUEUE_DATABASE_URL) refuse('REDIS_URL', 'set either it or QUEUE_DATABASE_URL, not both');
  if (new URL(variables.PUBLIC_URL).pathname !== '/') refuse('PUBLIC_URL', 'must have no path: we answer at its root');
  if (variables.NODE_ENV !== 'production') return;
  for (const [path, message] of developmentFaults(variables)) refuse(path, message);
  if (!variables.SMTP_URL) refuse('SMTP_URL', 'must be set in production: invitations and warnings go by mail');
  if (!variables.PUBLIC_URL.startsWith('https://')) refuse('PUBLIC_URL', 'must be https in production');
  if (variables.DEBUG) refuse('DEBUG', 'prints what must not be printed: unset it in production');
  if (variables.FAIL_AT) refuse('FAIL_AT', 'is for tests and refused in production');
  for (const name of ['FACEBOOK_GRAPH_URL', 'FACEBOOK_DIALOG_URL'] as const) {
    if (!variables[name].startsWith('https://')) refuse(name, 'must be https in production');
  }
}

/** What the keys and secrets that `npm start` makes begin with, and no other may in production. */
export const developmentPrefix = 'dev';

/** Fewer in 32 random bytes or letters would be a wonder: somebody typed them. */
const fewestDifferent = 8;
const isTyped = (secret: Iterable<unknown>): boolean => new Set(secret).size < fewestDifferent;

/** Keys and secrets that are for development: each variable and what is wrong with it, and no value. */
export function developmentFaults(variables: {
  PAGEKEEPER_KEYS?: KeyRing;
  AUTH_SECRET?: Secret;
  FACEBOOK_VERIFY_TOKEN?: Secret;
}): [name: string, fault: string][] {
  const faults: [string, string][] = [];
  for (const { id, bytes } of variables.PAGEKEEPER_KEYS ?? []) {
    if (id.startsWith(developmentPrefix)) faults.push(['PAGEKEEPER_KEYS', `the key ${id} is a development key`]);
    else if (isTyped(bytes)) faults.push(['PAGEKEEPER_KEYS', `the key ${id} is not random: openssl rand -base64 32`]);
  }
  for (const name of ['AUTH_SECRET', 'FACEBOOK_VERIFY_TOKEN'] as const) {
    const given = variables[name];
    // What is too short is told already, and was not made a secret.
    const secret = given instanceof Secret ? given.reveal() : undefined;
    if (secret?.startsWith(developmentPrefix)) faults.push([name, 'is a development secret']);
    else if (secret && isTyped(secret)) faults.push([name, 'is not random: openssl rand -hex 32']);
  }
  return faults;
}

/** Where the jobs are. */
export const queueConnectionOf = ({
  REDIS_URL,
  REDIS_CLUSTER,
  QUEUE_DATABASE_URL,
}: Partial<Pick<ServiceVariables, 'REDIS_URL' | 'REDIS_CLUSTER' | 'QUEUE_DATABASE_URL'>>): QueueConnection =>
  REDIS_URL
    ? { type: 'redis', url: REDIS_URL, isCluster: REDIS_CLUSTER === 'on' }
    : { type: 'postgres', url: QUEUE_DATABASE_URL! };

/** The mail server, null where there is none, and who mails come from. */
export function mailSettingsOf({
  SMTP_URL,
  MAIL_FROM,
  PUBLIC_URL,
}: Pick<ServiceVariables, 'SMTP_URL' | 'MAIL_FROM' | 'PUBLIC_URL'>): { smtpUrl: string | null; from: string } {
  const from = MAIL_FROM ?? `Pagekeeper <no-reply@${new URL(PUBLIC_URL).hostname}>`;
  return { smtpUrl: SMTP_URL?.reveal() ?? null, from };
}

/** The app secrets that webhooks may be signed with, the current one first. */
export const appSecretsOf = ({
  FACEBOOK_APP_SECRET,
}: Pick<ServiceVariables, 'FACEBOOK_APP_SECRET'>): readonly Secret[] =>
  FACEBOOK_APP_SECRET.reveal()
    .split(',')
    .map(secret => new Secret(secret.trim()));
