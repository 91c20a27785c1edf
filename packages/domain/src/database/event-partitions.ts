import { type Database, knexOf } from './database.ts';
import { inBatches } from './in-batches.ts';

/** Weeks that exist ahead: this many days may pass without a run before events fall into the default partition. */
const daysAhead = 28;
const batch = 5_000;

export interface PartitionsKept {
  made: number;
  dropped: number;
  /** Events that had no week of their own and are past their time. */
  forgotten: number;
  /** Replies whose words went, as their events did. */
  wordless: number;
}

/**
 * Makes the weeks to come, drops those past their retention and forgets old events of the default partition, in
 * business time; with them go the words of the replies. What is still to be worked off stays.
 * @param retentionDays 8 and more: the windows for replies are 7 days at most
 */
export async function keepEventPartitions(database: Database, retentionDays: number): Promise<PartitionsKept> {
  const knex = knexOf(database);
  const ask = async (call: string, values: readonly number[]): Promise<number> =>
    (await knex.raw(`select ${call} as count`, values as never)).rows[0].count;
  const askInBatches = (call: string) => inBatches(batch, limit => ask(`${call}(${past}, ?)`, [retentionDays, limit]));
  const past = `app.now() - ? * interval '1 day'`;
  // First what needs no lock on all events, which may not be had in time.
  const forgotten = await askInBatches('app.forget_events');
  const wordless = await askInBatches('router.forget_reply_words');
  const made = await ask(`app.make_event_partitions(${past}, app.now() + ? * interval '1 day')`, [7, daysAhead]);
  const dropped = await ask(`app.drop_event_partitions(${past})`, [retentionDays]);
  return { made, dropped, forgotten, wordless };
}
