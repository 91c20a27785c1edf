import type { Database } from '../database/database.ts';
import { asSystem } from '../tenancy/doors.ts';

const batch = 10_000;

/** Deletes sessions that have ended, whose rows still say from where and by what browser. @returns how many */
export async function forgetSessions(database: Database): Promise<number> {
  const [row] = await asSystem<{ forget_sessions: number }>(database, 'forget_sessions', batch);
  return row!.forget_sessions;
}
