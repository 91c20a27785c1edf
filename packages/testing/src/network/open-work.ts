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
  const { waiting, active } = await network.services.queue.counts();
  return waiting + active > 0 ? `${waiting} jobs wait, ${active} run` : '';
}

/** A check that found its like under way is made in so long, and one that could not be made in a minute or more. */
export const checksComeAgainMs = 2_000;

/** Whether checks are to be made later, in words: they change what a test has looked at. */
export async function whichChecksComeAgain(network: Observed): Promise<string> {
  const { queue } = network.services;
  if ((await queue.counts()).delayed <= schedules.length) return '';
  // Behind the lease of a killed process they would come again for a minute.
  if ((await network.sql('select 1 from facebook_logins where lease_until > clock_timestamp()')).length > 0) return '';
  const checks = (await queue.survey()).kinds.find(({ name }) => name === refreshLoginJob.name);
  return checks?.delayed ? `${checks.delayed} checks come again` : '';
}
