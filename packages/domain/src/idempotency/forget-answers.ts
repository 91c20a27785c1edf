import type { Database } from '../database/database.ts';
import { asSystem } from '../tenancy/doors.ts';

const batch = 10_000;

/** Forgets stored answers that are older than a day. @returns how many */
export async function forgetAnswers(database: Database): Promise<number> {
  const [row] = await asSystem<{ forget_answers: number }>(database, 'forget_answers', batch);
  return row!.forget_answers;
}
