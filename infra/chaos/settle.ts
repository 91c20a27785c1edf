import { setTimeout as sleep } from 'node:timers/promises';
import type { System } from './system.ts';

/** Facebook's distances between attempts grow to hours. */
const stepSeconds = 30;

/** Nobody waits for longer until a failed call is made once more: the distances grow to an hour. */
const patienceSeconds = 15;

/**
 * Waits until no delivery is under way and no event is open, and moves the clock on where deliveries wait for it, or
 * pages that Facebook wants left alone. Gives up after the time: what is open then is for the verdict to tell.
 * @returns whether it came to rest
 */
export async function settle(system: System, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  let calm = 0;
  while (calm < 3 && Date.now() < deadline) {
    const { waiting_changes, waiting_retries, under_way } = (await system.simulator.get('/__sim')).counts;
    const isDelivered = waiting_changes + waiting_retries + under_way === 0;
    calm = isDelivered && (await isWorkedOff(system)) ? calm + 1 : 0;
    const waits = waiting_retries > 0 || (await isPaused(system));
    if (waits && waiting_changes + under_way === 0) await system.moveClock(stepSeconds);
    if (isDelivered) await hasten(system);
    await sleep(200);
  }
  return calm === 3;
}

/** By the database's own clock, which nobody moves. */
async function hasten({ sql }: System): Promise<void> {
  await sql(
    `update webhook_events set not_before = clock_timestamp()
     where state = 'pending' and not_before > clock_timestamp() + $1 * interval '1 second'`,
    [patienceSeconds],
  );
}

async function isWorkedOff({ sql }: System): Promise<boolean> {
  const open = await sql(`select 1 from webhook_events where state in ('pending', 'parked') limit 1`);
  return open.length === 0;
}

/** Whether Facebook wants a page left alone, or our own calls rest. */
export async function isPaused({ sql }: System): Promise<boolean> {
  const paused = await sql(
    `select 1 from facebook_page_integrations where paused_until > app.now()
     union all select 1 from app_pauses where until > app.now() limit 1`,
  );
  return paused.length > 0;
}
