import { checkKeys, type KeyCheck } from '@pagekeeper/domain/keys/check-keys';
import { listKeyOwners } from '@pagekeeper/domain/keys/keeper';
import * as z from 'zod';
import { parseInput } from '../input.ts';
import { counted, figure, type Output } from '../output.ts';
import { withKeeper } from './with-keeper.ts';

const input = z.object({ sample: z.coerce.number().int().min(1).max(1_000_000).optional() });

/** Opens everything, or a sample. Sets the exit code to 1 when something would not open. */
export async function check(options: { sample?: string }, output: Output): Promise<void> {
  const { sample } = parseInput(input, { sample: options.sample });
  const found = await withKeeper(async keeper => {
    const organizations = await listKeyOwners(keeper);
    const progress = output.progress('Organizations', organizations.length);
    const all: KeyCheck[] = [];
    for (const organization of organizations) {
      const checked = await checkKeys(keeper, organization, { sample });
      if (checked) all.push(checked);
      progress.advance(1);
    }
    progress.end(`Looked at ${counted(organizations.length, 'organization')}.`);
    return sum(all);
  });
  const { organizations, wrapped_by, current, earlier, opened, faulty, faults } = found;
  output.result(found, [
    ...Object.entries(wrapped_by).map(([id, count]) => `${id} wraps ${counted(count, 'data key')}.`),
    `${counted(current + earlier, 'value')} of ${counted(organizations, 'organization')}: ` +
      `${figure(current)} sealed by current data keys, ${figure(earlier)} by earlier ones.`,
    `Opened ${figure(opened)}${sample ? ' (a sample)' : ''}; ${faulty === 0 ? 'all open' : `${figure(faulty)} would not open`}.`,
    ...faults.map(fault => `  ${fault}`),
  ]);
  if (faulty > 0) process.exitCode = 1;
}

function sum(checks: readonly KeyCheck[]) {
  const total = (name: 'current' | 'earlier' | 'opened' | 'faulty') =>
    checks.reduce((all, each) => all + each[name], 0);
  const wrapped_by: Record<string, number> = {};
  for (const [id, count] of checks.flatMap(({ wrappedBy }) => Object.entries(wrappedBy))) {
    wrapped_by[id] = (wrapped_by[id] ?? 0) + count;
  }
  return {
    organizations: checks.length,
    wrapped_by,
    current: total('current'),
    earlier: total('earlier'),
    opened: total('opened'),
    faulty: total('faulty'),
    faults: checks.flatMap(({ faults }) => faults).slice(0, 20),
  };
}
