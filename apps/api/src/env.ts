import { refuseContradictions, serviceVariables } from '@pagekeeper/domain/environment';
import { portVariable, readEnvironment, secretVariable, urlVariable } from '@pagekeeper/runtime/environment';
import { z } from 'zod';

/** Everything the api reads from its environment. */
export const apiVariables = serviceVariables
  .extend({
    HOST: z.string().default('127.0.0.1').describe('Where it listens; 0.0.0.0 in a container.'),
    PORT: portVariable.default(4000),
    AUTH_DATABASE_URL: urlVariable('postgres', 'postgresql').describe('pagekeeper_auth on the database.'),
    AUTH_SECRET: secretVariable(32).describe('Signs session cookies and links, encrypts second factors.'),
  })
  .superRefine(refuseContradictions);

export type ApiVariables = z.output<typeof apiVariables>;

/** Exits with one sentence per fault. */
export const readApiVariables = (): ApiVariables => readEnvironment(apiVariables, process.env);
