import { withClient } from './template.ts';

const ourSchemas = ['public', 'auth', 'app', 'partitions', 'bullmq'] as const;

/**
 * What stands in each table, as one hash per table: two that are equal hold the same rows.
 * @param adminUrl a superuser's URL of the database: row level security hides rows from everybody else
 */
export async function contentsOf(
  adminUrl: string,
  { without = [] }: { without?: readonly (typeof ourSchemas)[number][] } = {},
): Promise<Record<string, string | null>> {
  return await withClient(adminUrl, async client => {
    const { rows } = await client.query<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = any($1) order by 1`,
      [ourSchemas.filter(schema => !without.includes(schema))],
    );
    const contents: Record<string, string | null> = {};
    for (const { name } of rows) {
      const { rows: found } = await client.query<{ hash: string | null }>(
        `select md5(string_agg(each::text, ',' order by each::text)) as hash from ${name} each`,
      );
      contents[name] = found[0]!.hash;
    }
    return contents;
  });
}
