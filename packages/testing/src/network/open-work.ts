import { refreshLoginJob, schedules } from '@pagekeeper/domain/jobs';
import type { OpenServices } from '@pagekeeper/domain/open-services';
import type { SimulatorControl } from './simulator-control.ts';

interface Observed {
  simulator: SimulatorControl;
  services: OpenServices;
  sql(text: string): Promise<unknown[]>;
}

/** What a network still has to do, in words: deliveries, events, jobs. Nothing when it is calm. */
export async function whatIsOpen(network: Observed): Promise<string> {
  const { counts } = await network.simulator.get('/__sim');
  const under = counts.waiting_changes + counts.waiting_retries + counts.under_way;
  if (under > 0) return `${under} changes wait for delivery`;
  const pending = await network.sql(
    `select e.attempts, e.reason, e.not_before - now() as waits, r.state as reply
     from webhook_events e left join replies r on r.event_id = e.id where e.state = 'pending' order by e.not_before`,
  );
  if (pending.length > 0) return `${pending.length} events are pending, first ${JSON.stringify(pending[0])}`;
  const { queue } = network.services;
  const { waiting, active, delayed } = await queue.counts();
  if (waiting + active > 0) return `${waiting} jobs wait, ${active} run`;
  if (delayed <= schedules.length) return '';
  // A check that found its like under way comes again in 2 s, and changes what a test has looked at. Behind the lease of
  // a killed process it would do so for a minute.
  if ((await network.sql('select 1 from facebook_logins where lease_until > clock_timestamp()')).length > 0) return '';
  const checks = (await queue.survey()).kinds.find(({ name }) => name === refreshLoginJob.name);
  return checks?.delayed ? `${checks.delayed} checks come again` : '';
}
