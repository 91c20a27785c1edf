import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Output } from '../output.ts';
import { UsageError } from '../usage-error.ts';

/** Writes the file of a new migration, numbered after the last one, and lists it in index.ts. */
export async function makeMigration({ name, folder }: { name: string; folder: string }, output: Output): Promise<void> {
  const words = name
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(Boolean);
  if (!/^[a-z]/.test(words[0] ?? '')) throw new UsageError('The name needs words of letters, such as add-invoices.');
  const index = join(folder, 'index.ts');
  if (!existsSync(index)) {
    throw new UsageError(`${index} is not there: run this in a checkout, or name the --folder of the migrations.`);
  }
  const list = readFileSync(index, 'utf8');
  const numbers = [...list.matchAll(/name: '(\d{4})_/g)].map(([, number]) => Number(number));
  const title = `${String(Math.max(0, ...numbers) + 1).padStart(4, '0')}_${words.join('_')}`;
  const file = join(folder, `${title}.ts`);
  writeFileSync(file, template, { flag: 'wx' });
  writeFileSync(index, listed(list, title, words));
  output.result({ name: title, file }, [
    `Wrote ${file}, and listed it in ${index}.`,
    'Write the SQL of both directions, then: npm test -- packages/domain/test/schema.test.ts -u',
  ]);
}

const template = `/** What this changes, and why. */
export const up = \`
\`;

export const down = \`
\`;
`;

function listed(list: string, title: string, words: readonly string[]): string {
  const identifier = words.map((word, at) => (at === 0 ? word : word[0]!.toUpperCase() + word.slice(1))).join('');
  const imported = list.replace(/((?:^import [^\n]*\n)+)/m, `$1import * as ${identifier} from './${title}.ts';\n`);
  return imported.replace(/\n\];/, `\n  { name: '${title}', ...${identifier} },\n];`);
}
