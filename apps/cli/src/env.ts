import { developmentFaults, serviceVariables } from '@pagekeeper/domain/environment';
import { describeFaults, type Environment, secretVariable, urlVariable } from '@pagekeeper/runtime/environment';
import * as z from 'zod';
import { readLocalSystem } from './local-system.ts';
import { UsageError } from './usage-error.ts';

/** Everything that a command may read. Each reads only what it needs. */
const cliVariables = serviceVariables.extend({
  AUTH_DATABASE_URL: urlVariable('postgres', 'postgresql'),
  AUTH_SECRET: secretVariable(32),
  MIGRATION_DATABASE_URL: urlVariable('postgres', 'postgresql'),
  ADMIN_DATABASE_URL: urlVariable('postgres', 'postgresql'),
});

export type CliVariables = z.output<typeof cliVariables>;
export type VariableName = keyof CliVariables;

/** A command that finds one of these set is told where to work; only one that finds none looks for `npm start`. */
const places = [
  'DATABASE_URL',
  'AUTH_DATABASE_URL',
  'MIGRATION_DATABASE_URL',
  'ADMIN_DATABASE_URL',
  'QUEUE_DATABASE_URL',
  'REDIS_URL',
  'PAGEKEEPER_KEYS',
] as const;

/**
 * The variables that a command needs, from the environment; in development, where none of them says where, from the
 * system of `npm start` in this folder.
 * @throws UsageError with a sentence for each that is missing or wrong, which names no value
 */
export function readVariables<Name extends VariableName>(...names: Name[]): Pick<CliVariables, Name> {
  const shape = Object.fromEntries(names.map(name => [name, cliVariables.shape[name]]));
  const parsed = z.object(shape).safeParse(given());
  if (!parsed.success) throw new UsageError(describeFaults(parsed.error).join('\n'));
  const faults = isProduction() ? developmentFaults(parsed.data) : [];
  if (faults.length > 0) throw new UsageError(faults.map(([name, fault]) => `${name}: ${fault}.`).join('\n'));
  return parsed.data as unknown as Pick<CliVariables, Name>;
}

/** The same, and a variable that is missing is no fault; one that is wrong is. */
export function findVariables<Name extends VariableName>(...names: Name[]): Partial<Pick<CliVariables, Name>> {
  const all = given();
  return readVariables(...names.filter(name => all[name] !== undefined)) as Partial<Pick<CliVariables, Name>>;
}

function given(): Environment {
  const own = Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== ''));
  const isToldWhere = places.some(name => own[name] !== undefined);
  const mayLook = own.NODE_ENV === undefined || own.NODE_ENV === 'development';
  return isToldWhere || !mayLook ? own : { ...readLocalSystem(process.cwd()), ...own };
}

/** Whether this is a production system: unless it is told otherwise, it is. */
export const isProduction = (): boolean => (given().NODE_ENV ?? 'production') === 'production';

/** Whether somebody said that this is production. */
export const isToldProduction = (): boolean => process.env.NODE_ENV === 'production';

/** Shows stacks of errors, and everything that is logged. */
export const isDebug = (): boolean => process.env.LOG_LEVEL === 'debug' || process.env.LOG_LEVEL === 'trace';

/** What a program that we start for the operator gets: all that we were given, and some more. */
export const environmentWith = (more: Readonly<Record<string, string>>): NodeJS.ProcessEnv => ({
  ...process.env,
  ...more,
});
