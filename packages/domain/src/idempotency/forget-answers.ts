import type { Database } from '../database/database.ts';
import { inBatches } from '../database/in-batches.ts';
import { asSystem } from '../tenancy/doors.ts';

/** Of each kind: a few seconds at most for one statement. */
const batch = 10_000;

/** Forgets stored answers that are older than a day. @returns how many */
export const forgetAnswers = (database: Database): Promise<number> =>
  inBatches(batch, async limit => {
    const [row] = await asSystem<{ forget_answers: number }>(database, 'forget_answers', limit);
    return row!.forget_answers;
  });
