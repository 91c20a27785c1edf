import type * as z from 'zod';

/**
 * The lines of an `.env` file for a schema's variables: what each means as a comment, its default as a value, and the
 * required ones empty.
 * @param skip variables that were listed before
 */
export function describeEnvironment(schema: z.ZodObject, skip: ReadonlySet<string> = new Set()): string {
  const lines: string[] = [];
  for (const [name, type] of Object.entries(schema.shape)) {
    if (skip.has(name)) continue;
    const { description, isOptional, fallback } = describeVariable(type as z.ZodType);
    if (description) lines.push(`# ${description}`);
    lines.push(`${isOptional ? '# ' : ''}${name}=${fallback ?? ''}`);
  }
  return `${lines.join('\n')}\n`;
}

function describeVariable(type: z.ZodType): { description?: string; isOptional: boolean; fallback?: string } {
  const without = type.safeParse(undefined);
  const isOptional = without.success;
  const value = without.success ? without.data : undefined;
  const fallback = value === undefined ? undefined : String(value);
  return { description: type.description, isOptional, fallback };
}
