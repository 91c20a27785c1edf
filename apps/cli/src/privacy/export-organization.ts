import { createWriteStream, existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { type Exported, exportOrganization } from '@pagekeeper/domain/privacy/export-organization';
import { asPerson } from '../as-person.ts';
import { counted, figure, type Output } from '../output.ts';
import { UsageError } from '../usage-error.ts';

interface Options {
  organization: string;
  as: string;
  to: string;
}

const noteEvery = 10_000;

/** The file has its name once it is whole; until then it ends with `.part`. Only its owner may read it. */
export async function exportTo({ organization, as, to }: Options, output: Output): Promise<void> {
  const part = `${to}.part`;
  for (const path of [to, part]) if (existsSync(path)) throw new UsageError(`${path} is there already.`);
  const counts = new Map<string, number>();
  try {
    await asPerson(as, ['vault'], ctx =>
      pipeline(
        linesOf(exportOrganization(ctx, { organization }), counts, output),
        createWriteStream(part, { flags: 'wx', mode: 0o600 }),
      ),
    );
    await rename(part, to);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
  const lines = [...counts].map(([type, count]) => counted(count, type.replace('_', ' '), plurals[type]));
  output.result({ file: to, counts: Object.fromEntries(counts) }, `${to} has ${lines.join(', ')}.`);
}

async function* linesOf(
  things: AsyncIterable<Exported>,
  counts: Map<string, number>,
  output: Output,
): AsyncGenerator<string> {
  let total = 0;
  for await (const { type, json } of things) {
    yield `{"type":"${type}",${json.slice(1)}\n`;
    counts.set(type, (counts.get(type) ?? 0) + 1);
    total += 1;
    if (total % noteEvery === 0) output.note(`${figure(total)} so far`);
  }
}

const plurals: Record<string, string> = { business: 'businesses', reply: 'replies' };
