import { portVariable, readEnvironment, secretVariable, urlVariable } from '@pagekeeper/runtime/environment';
import * as z from 'zod';

// A stand-in needs no real credentials; these are what a development setup agrees on.
const schema = z.object({
  PORT: portVariable.default(4700),
  HOST: z.string().default('127.0.0.1'),
  WEBHOOK_CALLBACK_URL: urlVariable('http', 'https').optional(),
  FACEBOOK_APP_ID: z
    .string()
    .regex(/^\d{1,15}$/, 'must be a decimal id of at most 15 digits')
    .default('257000000000001'),
  FACEBOOK_APP_SECRET: secretVariable(8).prefault('0123456789abcdef0123456789abcdef'),
  FACEBOOK_VERIFY_TOKEN: secretVariable().prefault('pagekeeper-verify'),
  SIMULATOR_SEED: z.string().default('pagekeeper'),
  STATE_FILE: z.string().optional(),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
});

/** This process's settings. The only place that reads the environment. */
export function readSettings() {
  const given = readEnvironment(schema, process.env);
  return {
    logLevel: given.LOG_LEVEL,
    simulator: {
      port: given.PORT,
      host: given.HOST,
      appId: given.FACEBOOK_APP_ID,
      // Comma-separated while rotating; Meta itself knows one.
      appSecret: given.FACEBOOK_APP_SECRET.reveal().split(',')[0]!,
      verifyToken: given.FACEBOOK_VERIFY_TOKEN.reveal(),
      callbackUrl: given.WEBHOOK_CALLBACK_URL ?? null,
      seed: given.SIMULATOR_SEED,
      stateFile: given.STATE_FILE ?? null,
    },
  };
}
