import { type Keeper, listKeyOwners } from '@pagekeeper/domain/keys/keeper';
import { rewrapDataKeys } from '@pagekeeper/domain/keys/rewrap-data-keys';
import { type Rotation, type RotationPhase, rotateDataKeys } from '@pagekeeper/domain/keys/rotate-data-keys';
import { readKeysInUse } from '@pagekeeper/domain/vault/open-vault';
import { rewrapSystemKeys } from '@pagekeeper/domain/vault/rewrap-system-keys';
import * as z from 'zod';
import { readVariables } from '../env.ts';
import { parseInput } from '../input.ts';
import { counted, figure, type Output } from '../output.ts';
import type { Progress } from '../progress.ts';
import { Failure } from '../usage-error.ts';
import { withKeeper } from './with-keeper.ts';

const input = z.object({ batch: z.coerce.number().int().min(1).max(10_000) });

/** Wraps anew, and with `data` seals anew. Sets the exit code to 1 when not everything came to its end. */
export async function rotate({ data, ...options }: { data?: boolean; batch: string }, output: Output): Promise<void> {
  const { batch } = parseInput(input, options);
  const { MIGRATION_DATABASE_URL, PAGEKEEPER_KEYS: ring } = readVariables(
    'MIGRATION_DATABASE_URL',
    'DATABASE_URL',
    'PAGEKEEPER_KEYS',
  );
  await withKeeper(async keeper => {
    const system_keys = await rewrapSystemKeys(MIGRATION_DATABASE_URL, ring);
    const data_keys = await rewrapAll(keeper, ring[0].id, output);
    const wrapped = `${ring[0].id} wraps everything; ${counted(data_keys + system_keys, 'key')} wrapped anew.`;
    if (!data) {
      output.result({ wrapped_by: ring[0].id, system_keys, data_keys }, wrapped);
      return;
    }
    output.note(wrapped);
    const done = await reseal(keeper, batch, output);
    output.result({ wrapped_by: ring[0].id, system_keys, data_keys, ...done }, describe(done));
    if (done.left + done.faulty > 0) process.exitCode = 1;
  });
}

async function rewrapAll(keeper: Keeper, first: string, output: Output): Promise<number> {
  const organizations = await listKeyOwners(keeper);
  const progress = output.progress('Wrapping data keys', organizations.length);
  let rewrapped = 0;
  for (const organization of organizations) {
    rewrapped += await rewrapDataKeys(keeper, organization);
    progress.advance(1);
  }
  progress.end(`Wrapped ${counted(rewrapped, 'data key')} anew.`);
  const old = (await readKeysInUse(keeper.database)).filter(id => id !== first);
  if (old.length === 0) return rewrapped;
  throw new Failure(
    `${old.join(', ')} wraps data keys that were made meanwhile: give every process ${first} as its first key, then run this again.`,
  );
}

const phases: Record<RotationPhase, string> = {
  replacing: 'Making new data keys',
  resealing: 'Re-encrypting',
  rereading: 'Reading back',
};

async function reseal(keeper: Keeper, batch: number, output: Output): Promise<Rotation> {
  let progress: Progress | undefined;
  const done = await rotateDataKeys(keeper, {
    batch,
    onPhase: (phase, total) => {
      progress?.end();
      progress = output.progress(phases[phase], total);
    },
    onDone: count => progress?.advance(count),
  });
  progress?.end();
  return done;
}

function describe({ organizations, resealed, reread, left, faulty, faults }: Rotation): string[] {
  const ending =
    left === 0
      ? `Read back ${counted(reread, 'value')}: the new keys open them, and nothing that opens is sealed by another.`
      : `${counted(left, 'value is', 'values are')} still sealed by an earlier key: run this again.`;
  return [
    `Sealed ${counted(resealed, 'value')} of ${counted(organizations, 'organization')} with new data keys.`,
    ending,
    ...(faulty > 0 ? [`${figure(faulty)} open by no key, and were left as they are:`] : []),
    ...faults.map(fault => `  ${fault}`),
  ];
}
