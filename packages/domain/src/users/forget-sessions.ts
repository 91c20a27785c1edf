import type { Database } from '../database/database.ts';
import { inBatches } from '../database/in-batches.ts';
import { asSystem } from '../tenancy/doors.ts';

/** Deletes sessions that have ended, whose rows still say from where and by what browser. @returns how many */
export const forgetSessions = (database: Database): Promise<number> =>
  inBatches(10_000, async limit => {
    const [row] = await asSystem<{ forget_sessions: number }>(database, 'forget_sessions', limit);
    return row!.forget_sessions;
  });
