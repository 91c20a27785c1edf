import type { FacebookApp } from '@pagekeeper/domain/connections/facebook-connection';
import { refuseContradictions, serviceVariables } from '@pagekeeper/domain/environment';
import { portVariable, readEnvironment, secretVariable, urlVariable } from '@pagekeeper/runtime/environment';
import * as z from 'zod';
import type { LimitSettings } from './limits/limit-settings.ts';

const limitVariable = (points: number) => z.coerce.number().int().min(1).max(10_000_000).default(points);

/** Everything the api reads from its environment. */
export const apiVariables = serviceVariables
  .extend({
    PORT: portVariable.default(4000),
    AUTH_DATABASE_URL: urlVariable('postgres', 'postgresql').describe('pagekeeper_auth on the database.'),
    AUTH_SECRET: secretVariable(32).describe('Signs session cookies and links, encrypts second factors.'),
    TRUST_PROXY: z.coerce
      .number()
      .int()
      .min(0)
      .max(10)
      .default(0)
      .describe('Proxies in front of the api, each of which adds to X-Forwarded-For. 0: the header is ignored.'),
    KEEP_ALIVE_SECONDS: z.coerce
      .number()
      .int()
      .min(1)
      .max(3_600)
      .default(75)
      .describe("How long an idle connection is kept: longer than the balancer in front does. Google's wants 620."),
    STOP_DELAY_MS: z.coerce
      .number()
      .int()
      .min(0)
      .max(4_000)
      .default(0)
      .describe('On SIGTERM it serves for so long while /readyz says 503: as long as a balancer needs to look.'),
    RATE_LIMIT_PER_10_SECONDS: limitVariable(1_000).describe('Requests of one API key, or of one person.'),
    RATE_LIMIT_STRANGERS_PER_MINUTE: limitVariable(300).describe('Requests without a valid key or session, per IP.'),
    RATE_LIMIT_ATTEMPTS_PER_MINUTE: limitVariable(30).describe('Sign-ins, sign-ups and the like, per IP.'),
    RATE_LIMIT_MAILS_PER_HOUR: limitVariable(5).describe('Mails of a kind to one address that anybody may ask for.'),
    RATE_LIMIT_FREE_GUESSES: limitVariable(5).describe('Wrong passwords for one address before pauses, which grow.'),
  })
  .superRefine((variables, context) => {
    refuseContradictions(variables, context);
    const { PORT, METRICS_PORT } = variables;
    if (PORT === METRICS_PORT && PORT !== 0) {
      context.addIssue({
        code: 'custom',
        path: ['METRICS_PORT'],
        message: 'must differ from PORT, which is for everybody',
      });
    }
  });

export type ApiVariables = z.output<typeof apiVariables>;

/** Exits with one sentence per fault. */
export const readApiVariables = (): ApiVariables => readEnvironment(apiVariables, process.env);

/** How our app appears at Facebook's login dialog. */
export const facebookAppOf = (variables: ApiVariables): FacebookApp => ({
  appId: variables.FACEBOOK_APP_ID,
  dialogUrl: variables.FACEBOOK_DIALOG_URL,
  version: variables.FACEBOOK_GRAPH_VERSION,
  loginConfigId: variables.FACEBOOK_LOGIN_CONFIG_ID ?? null,
});

export const limitSettingsOf = (variables: ApiVariables): LimitSettings => ({
  callerPer10Seconds: variables.RATE_LIMIT_PER_10_SECONDS,
  strangerPerMinute: variables.RATE_LIMIT_STRANGERS_PER_MINUTE,
  attemptsPerMinute: variables.RATE_LIMIT_ATTEMPTS_PER_MINUTE,
  mailsPerHour: variables.RATE_LIMIT_MAILS_PER_HOUR,
  freeGuesses: variables.RATE_LIMIT_FREE_GUESSES,
});
