import { type Database, knexOf } from '../database/database.ts';

/** So many calls of ours in a row failed for no tenant's fault: something is wrong with us, or with Facebook. */
const failuresThatPause = 5;
const pauseMinutes = 5;

/** Until when, in business time, and why. */
export interface AppPause {
  until: Date;
  reason: string;
}

/**
 * Until when Facebook is not to be called for any tenant; null while calls are fine.
 * @param isRoutine for a check that nobody waits for: those rest sooner than answers and what people ask for
 */
export async function readAppPause(database: Database, appId: string, isRoutine = false): Promise<AppPause | null> {
  const until = isRoutine ? 'greatest(until, routine_until)' : 'until';
  const row = await knexOf(database)('app_pauses')
    .where({ app_id: appId })
    .whereRaw(`${until} > app.now()`)
    .first(knexOf(database).raw(`${until} as until, reason`));
  return row ?? null;
}

/** Leave to call Facebook. On trial, others wait for a minute to hear that it came through. */
export interface AppPass {
  isTrial: boolean;
}

/**
 * Asks for leave to call Facebook. After a pause one goes first: all that waited would come at once, be refused at once,
 * and so prolong what they waited for.
 * @param isRoutine as above
 */
export async function passApp(database: Database, appId: string, isRoutine = false): Promise<AppPass | AppPause> {
  const pause = await readAppPause(database, appId, isRoutine);
  if (pause) return pause;
  const ofApp = () => knexOf(database)('app_pauses').where({ app_id: appId });
  const onTrial = await ofApp().where({ on_trial: true }).first('reason');
  if (!onTrial) return { isTrial: false };
  const soon = knexOf(database).raw(`app.now() + interval '1 minute'`) as never;
  const first = await ofApp().where({ on_trial: true }).whereRaw('until <= app.now()').update({ until: soon });
  if (first === 1) return { isTrial: true };
  return (await readAppPause(database, appId, isRoutine)) ?? { isTrial: false };
}

/** So much of the app's allowance may be used up before routine checks leave the rest to others (fact sheet 7.4). */
const sparedPercent = 80;

/**
 * Has routine checks rest while much of the app's allowance is used up. It is a rolling hour's, and the header says no
 * minutes: after an hour of rest nothing of before counts any more.
 * @param percent by the header
 */
export async function spareApp(database: Database, appId: string, percent: number): Promise<void> {
  if (percent < sparedPercent) return;
  await knexOf(database).raw(
    `insert into app_pauses as p (app_id, routine_until, reason) values (?, app.now() + interval '61 minutes', ?)
     on conflict (app_id) do update set routine_until = excluded.routine_until, reason = excluded.reason`,
    [appId, `${percent} percent of what Facebook allows our app in an hour is used up.`],
  );
}

/** Facebook throttles the whole app: every process leaves it alone until then. @param waitMs null where nobody said */
export async function pauseApp(
  database: Database,
  appId: string,
  waitMs: number | null,
  reason: string,
): Promise<void> {
  await knexOf(database).raw(
    `insert into app_pauses as p (app_id, until, on_trial, reason)
     values (?, app.now() + ? * interval '1 millisecond', true, ?)
     on conflict (app_id) do update set until = greatest(p.until, excluded.until), on_trial = true,
       reason = excluded.reason`,
    [appId, waitMs ?? pauseMinutes * 60_000, reason.slice(0, 500)],
  );
}

/** A call of ours failed: the network, the app's secret, Facebook itself. Many in a row pause the app. */
export async function noteAppFailure(database: Database, appId: string, reason: string): Promise<void> {
  const isRow = `coalesce(p.failed_at > app.now() - interval '15 minutes', false)`;
  const isTooMany = `${isRow} and p.failures + 1 >= ${failuresThatPause}`;
  await knexOf(database).raw(
    `insert into app_pauses as p (app_id, failures, failed_at, reason) values (?, 1, app.now(), ?)
     on conflict (app_id) do update set failed_at = app.now(), reason = excluded.reason,
       failures = case when ${isRow} then p.failures + 1 else 1 end,
       on_trial = p.on_trial or (${isTooMany}),
       until = case when ${isTooMany} then greatest(p.until, app.now() + interval '${pauseMinutes} minutes')
         else p.until end`,
    [appId, reason.slice(0, 500)],
  );
}

/** Calls came through: the row of failures is over. One on trial lets the others follow. */
export async function noteAppSuccess(database: Database, appId: string, { isTrial }: AppPass): Promise<void> {
  const ofApp = knexOf(database)('app_pauses').where({ app_id: appId });
  if (isTrial) await ofApp.update({ failures: 0, on_trial: false, until: null });
  else await ofApp.where('failures', '>', 0).update({ failures: 0 });
}
