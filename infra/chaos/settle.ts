import { setTimeout as sleep } from 'node:timers/promises';
import type { System } from './system.ts';

/**
 * Waits until no delivery is under way and no event is open. Gives up after the time: what is open then is for the
 * verdict to tell.
 */
export async function settle(system: System, timeoutMs: number): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (let calm = 0; calm < 3 && Date.now() < deadline; ) {
    calm = (await isCalm(system)) ? calm + 1 : 0;
    await sleep(200);
  }
}

async function isCalm({ simulator, sql }: System): Promise<boolean> {
  const { waiting_changes, waiting_retries, under_way } = (await simulator.get('/__sim')).counts;
  if (waiting_changes + waiting_retries + under_way > 0) return false;
  const open = await sql(`select 1 from webhook_events where state in ('pending', 'parked') limit 1`);
  return open.length === 0;
}
