import * as z from 'zod';
import { Secret } from './secret.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Parses the environment by a schema. Faults are told in one sentence each on standard error, then the process
 * exits with 1: nothing has been opened or written by then.
 */
export function readEnvironment<Schema extends z.ZodType>(schema: Schema, environment: Environment): z.output<Schema> {
  // `FOO=` in a shell or a compose file means "not set".
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  process.stderr.write(`${describeFaults(parsed.error).join('\n')}\n`);
  process.exit(1);
}

/** One sentence per fault, with the variable's name and never its value. */
export function describeFaults(error: z.ZodError): string[] {
  return error.issues.map(issue => {
    const name = issue.path.join('.') || 'environment';
    const missing = issue.code === 'invalid_type' && issue.message.includes('received undefined');
    return missing ? `${name} is not set.` : `${name}: ${issue.message}.`;
  });
}

/** A variable whose value must not be printed, as {@link Secret}. */
export const secretVariable = (minLength = 1) =>
  z
    .string()
    .min(minLength, `needs at least ${minLength} characters`)
    .transform(value => new Secret(value));

/** A TCP port; 0 lets the system choose. */
export const portVariable = z.coerce
  .number({ error: 'must be a port number' })
  .int('must be a whole number')
  .min(0, 'must be between 0 and 65535')
  .max(65_535, 'must be between 0 and 65535');

/** A URL with one of the given protocols, without a trailing slash. */
export const urlVariable = (...protocols: string[]) =>
  z
    .string()
    .refine(value => URL.canParse(value) && protocols.includes(new URL(value).protocol.slice(0, -1)), {
      error: `must be a URL that starts with ${protocols.map(protocol => `${protocol}://`).join(' or ')}`,
    })
    .transform(value => value.replace(/\/$/, ''));
