import type { GraphError } from '@pagekeeper/facebook/graph-error';
import { type Database, knexOf } from '../database/database.ts';
import type { Uuid } from '../ids.ts';

/** So many calls of ours in a row failed for no tenant's fault: something is wrong with us, or with Facebook. */
const failuresThatPause = 5;
/** A fault is mostly of seconds: the first rest is short, and each that ends with another failure lasts twice as long. */
const firstRestSeconds = 20;
/** The longest rest, and Facebook's throttle of an app where it does not say for how long. */
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

/** So long others wait to hear what became of the one on trial. */
const trialMinutes = 1;
/** Another may have been throttled meanwhile: that lasts longer than a trial. */
const isOfTrial = `until <= app.now() + interval '${trialMinutes} minutes'`;

/** Leave to call Facebook, on trial where others wait to hear that it came through. */
export interface AppPass {
  isTrial: boolean;
}

/** Our app, and by what leave it calls. */
export interface AppCaller {
  appId: string;
  pass: AppPass;
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
  const soon = knexOf(database).raw(`app.now() + interval '${trialMinutes} minutes'`) as never;
  const first = await ofApp().where({ on_trial: true }).whereRaw('until <= app.now()').update({ until: soon });
  if (first === 1) return { isTrial: true };
  return (await readAppPause(database, appId, isRoutine)) ?? { isTrial: false };
}

/**
 * Whether answers may be sent. None goes on trial: one that is lost then may never be sent again, and a drain that calls
 * nobody would prove nothing. 'on_trial': a check has to call first.
 */
export async function passAnswers(database: Database, appId: string): Promise<'yes' | 'paused' | 'on_trial'> {
  const row = await knexOf(database)('app_pauses')
    .where({ app_id: appId })
    .first('on_trial', knexOf(database).raw('coalesce(until > app.now(), false) as is_paused'));
  if (row?.is_paused) return 'paused';
  return row?.on_trial ? 'on_trial' : 'yes';
}

/** So much of the app's allowance may be used up before routine checks leave the rest to others. */
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

/**
 * A call of ours failed: the network, the app's secret, Facebook itself. Many in a row pause the app, for longer each
 * time that the one on trial fails too. What was under way when a rest began says nothing new, whenever it ends.
 * @param login whose check failed: the same one over and over says nothing of the others
 */
export async function noteAppFailure(
  database: Database,
  appId: string,
  { isTrial }: AppPass,
  reason: string,
  login: Uuid | null = null,
): Promise<void> {
  const isAnother = `(p.on_trial or p.failed_login is null or p.failed_login is distinct from excluded.failed_login)`;
  const failures = `case when p.failed_at is null or p.failed_at <= app.now() - interval '15 minutes' then 1
    else greatest(1, p.failures + ${isAnother}::int) end`;
  const isTooMany = `${failures} >= ${failuresThatPause}`;
  // Five rests of twice the one before are more than the longest: no power grows beyond that. After a throttle the one on
  // trial may be the first that fails.
  const doubled = `power(2, greatest(0, least(${failures} - ${failuresThatPause}, 5)))`;
  const rest = `least(interval '${pauseMinutes} minutes', ${doubled} * interval '${firstRestSeconds} seconds')`;
  await knexOf(database).raw(
    `insert into app_pauses as p (app_id, failures, failed_at, failed_login, reason) values (?, 1, app.now(), ?, ?)
     on conflict (app_id) do update set failed_at = app.now(), failed_login = excluded.failed_login,
       reason = excluded.reason, failures = ${failures},
       on_trial = p.on_trial or ${isTooMany},
       until = case when p.until > app.now() + interval '${trialMinutes} minutes' then p.until
         when p.on_trial or ${isTooMany} then app.now() + ${rest} else p.until end
     where ? or not p.on_trial`,
    [appId, login, reason.slice(0, 500), isTrial],
  );
}

/** Calls came through: the row of failures is over. One on trial lets the others follow. */
export async function noteAppSuccess(database: Database, appId: string, { isTrial }: AppPass): Promise<void> {
  const ofApp = knexOf(database)('app_pauses').where({ app_id: appId });
  if (isTrial) await ofApp.whereRaw(isOfTrial).update({ failures: 0, on_trial: false, until: null });
  else await ofApp.where('failures', '>', 0).update({ failures: 0 });
}

/** One on trial called nobody: another goes first, at once. */
export async function giveBackTrial(database: Database, appId: string, { isTrial }: AppPass): Promise<void> {
  if (!isTrial) return;
  const now = knexOf(database).raw('app.now()') as never;
  await knexOf(database)('app_pauses')
    .where({ app_id: appId, on_trial: true })
    .whereRaw(isOfTrial)
    .update({ until: now });
}

/**
 * What a call outside of a check came to. One on trial says how it goes on: whatever Facebook answers, a refusal of that
 * one call too, came through.
 * @param error null where it came through
 */
export async function noteCall(
  database: Database,
  appId: string,
  pass: AppPass,
  error: Pick<GraphError, 'outcome' | 'waitMs' | 'message'> | null,
): Promise<void> {
  if (error?.outcome === 'THROTTLED_APP') await pauseApp(database, appId, error.waitMs, error.message);
  else if (!pass.isTrial) return;
  else if (error?.outcome === 'TRANSIENT' || error?.outcome === 'AMBIGUOUS')
    await noteAppFailure(database, appId, pass, error.message);
  else await noteAppSuccess(database, appId, pass);
}
