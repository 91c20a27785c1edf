import { isToldProduction } from '../env.ts';
import { confirm } from '../input.ts';
import type { Output } from '../output.ts';
import { UsageError } from '../usage-error.ts';
import { runInCheckout } from './run-in-checkout.ts';

/** Takes away what npm start made in this folder. A database on a server that was given to it stays. */
export async function reset({ yes }: { yes?: boolean }, output: Output): Promise<void> {
  if (isToldProduction()) throw new UsageError('Nothing is reset in production.');
  await confirm('Remove .pagekeeper, with all data and keys of npm start in this folder?', { yes });
  const done = await runInCheckout<{ removed: boolean }>('reset', [process.cwd()], {});
  output.result(done, done.removed ? 'Removed. npm start begins anew.' : 'There is nothing to remove in this folder.');
}
