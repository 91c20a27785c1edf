import { once } from 'node:events';
import { createWriteStream, existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import { exportOrganization } from '@pagekeeper/domain/privacy/export-organization';
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
  if (existsSync(to)) throw new UsageError(`${to} is there already.`);
  const part = `${to}.part`;
  const file = createWriteStream(part, { flags: 'wx', mode: 0o600 });
  await once(file, 'open').catch(error => {
    throw new UsageError(`${part} cannot be made: ${error.code === 'EEXIST' ? 'it is there already' : error.code}.`);
  });
  try {
    const counts = await asPerson(as, ['vault'], async ctx => {
      const counts = new Map<string, number>();
      let total = 0;
      for await (const { type, json } of exportOrganization(ctx, { organization })) {
        if (!file.write(`{"type":"${type}",${json.slice(1)}\n`)) await once(file, 'drain');
        counts.set(type, (counts.get(type) ?? 0) + 1);
        total += 1;
        if (total % noteEvery === 0) output.note(`${figure(total)} so far`);
      }
      return counts;
    });
    await finished(file.end());
    await rename(part, to);
    const lines = [...counts].map(([type, count]) => counted(count, type.replace('_', ' '), plurals[type]));
    output.result({ file: to, counts: Object.fromEntries(counts) }, `${to} has ${lines.join(', ')}.`);
  } catch (error) {
    file.destroy();
    await rm(part, { force: true });
    throw error;
  }
}

const plurals: Record<string, string> = { business: 'businesses', reply: 'replies' };
