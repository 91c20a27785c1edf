import { portVariable, readEnvironment } from '@pagekeeper/runtime/environment';
import * as z from 'zod';

const schema = z.object({
  PORT: portVariable.default(4800),
  SMTP_PORT: portVariable.default(4801),
  HOST: z.string().default('127.0.0.1'),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
});

/** This process's settings. The only place that reads the environment. */
export const readSettings = () => readEnvironment(schema, process.env);
