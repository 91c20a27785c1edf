import { setTimeout as sleep } from 'node:timers/promises';
import type { Failpoint } from '@pagekeeper/runtime/failpoint';
import { failpointOf, type Member } from '../crew.ts';
import type { Scenario, Stage } from '../scenario.ts';
import type { System } from '../system.ts';

/** Each once, one after the other. 'anywhere': amid its work, by `kill -9` from outside. */
type Place = Failpoint | 'anywhere';

const workerPlaces: readonly Place[] = [
  'drain.after_claim',
  'drain.after_close',
  'reply.before_http',
  'reply.after_http',
  'reply.before_commit',
  'anywhere',
];
const apiPlaces: readonly Place[] = ['inbox.after_commit', 'nudge.before_enqueue'];

const busyPages = 6;
const questionsPerPage = 4;
const giveUpMs = 90_000;
/** How long each call takes until a worker is killed anywhere: its work shall not be done before. */
const callMs = 300;
/** What we promise: so long after a process died its work is done. */
const promisedSeconds = 30;

interface Recovery {
  /** From the death on: until the next process was ready, and until everything was done. */
  readyMs: number;
  doneMs: number;
}

export const recovery: Scenario = {
  about: 'kill -9 of the only worker and of the only api, and how long until what they held is done',
  pages: () => 12,
  async run(stage) {
    const { quick } = stage;
    const seconds = new Map<string, number>();
    const late: string[] = [];
    const measure = async (place: Place, kill: (stage: Stage, place: Place) => Promise<Recovery>) => {
      const { readyMs, doneMs } = await kill(stage, place);
      const [ready, done] = [toSeconds(readyMs), toSeconds(doneMs)];
      seconds.set(place, done);
      stage.say(`${place}: ${done} s, of which ${ready} s until the next was ready`);
      if (done > promisedSeconds) late.push(`${place}: it took ${done} s until all was done.`);
    };
    await stage.system.startApi();
    for (const place of quick ? workerPlaces.slice(0, 1) : workerPlaces) await measure(place, killWorker);
    for (const place of quick ? apiPlaces.slice(-1) : apiPlaces) await measure(place, killApi);
    const details = { recovery_seconds: Math.max(...seconds.values()), ...Object.fromEntries(seconds) };
    return { kills: seconds.size, details, broken: late };
  },
};

/** From its death until everything is answered that was told by then; the next one starts at once, as by a supervisor. */
async function killWorker({ system, random }: Stage, place: Place): Promise<Recovery> {
  await Promise.all(system.crew.living('worker').map(worker => worker.stop()));
  const doomed = await system.startWorker(place === 'anywhere' ? {} : { FAIL_AT: place });
  const pages = random.shuffled(system.pageIds).slice(0, busyPages);
  const told = Promise.all(pages.map(page => ask(system, page, questionsPerPage)));
  if (place === 'anywhere') await killAtWork(system, doomed);
  else await diesAt(doomed, place);
  const diedAt = performance.now();
  const readyMs = await since(diedAt, system.startWorker());
  await told;
  // The next one: a page that the dead one held has it too.
  await ask(system, pages[0]!, 1);
  return { readyMs, doneMs: await since(diedAt, allDone(system)) };
}

/** From its death until a question that is asked then is answered, and what was stored before too. */
async function killApi({ system, random }: Stage, place: Place): Promise<Recovery> {
  if (system.crew.living('worker').length === 0) await system.startWorker();
  await Promise.all(system.crew.living('api').map(api => api.stop()));
  const doomed = await system.startApi(place === 'anywhere' ? {} : { FAIL_AT: place });
  const page = random.pick(system.pageIds);
  const told = ask(system, page, questionsPerPage);
  await diesAt(doomed, place);
  const diedAt = performance.now();
  const readyMs = await since(diedAt, system.startApi());
  await told;
  await ask(system, page, 1);
  return { readyMs, doneMs: await since(diedAt, allDone(system)) };
}

const since = (startedAt: number, happening: Promise<unknown>): Promise<number> =>
  happening.then(() => performance.now() - startedAt);

const toSeconds = (ms: number): number => Math.round(ms / 100) / 10;

/** @throws Error when it died of anything else: what follows would be no recovery from that place */
async function diesAt(doomed: Member, place: Place): Promise<void> {
  const reached = await failpointOf(doomed);
  if (reached !== place) throw new Error(`The ${doomed.name} that was to die at ${place} died of something else.`);
}

/** @throws Error when it left nothing behind that it had begun: the recovery of an idle process is none */
async function killAtWork(system: System, doomed: Member): Promise<void> {
  await system.simulator.post('/__sim/faults', { fault: { type: 'latency', ms: callMs } });
  const deadline = Date.now() + giveUpMs;
  while (!(await isAtWork(system)) && Date.now() < deadline) await sleep(20);
  await doomed.kill();
  const leftWork = await isAtWork(system);
  await system.simulator.delete('/__sim/faults');
  if (!leftWork) throw new Error('The worker that was to die amid its work had nothing to do.');
}

/** Whether somebody holds a page that has events still. The dead go on holding theirs until their lease ends. */
async function isAtWork({ sql }: System): Promise<boolean> {
  const held = await sql(
    `select 1 from webhook_events e
     join facebook_page_integrations p on p.organization_id = e.organization_id and p.id = e.integration_id
     where e.state = 'pending' and p.drain_until > clock_timestamp() limit 1`,
  );
  return held.length > 0;
}

/** Resolves after the first attempt of each delivery. */
const ask = (system: System, page: string, count: number): Promise<unknown> =>
  system.simulator.post(`/__sim/pages/${page}/comments/bulk`, { count, batch_size: 1, text: 'Is it there? ({n})' });

async function allDone({ sql }: System): Promise<void> {
  const deadline = Date.now() + giveUpMs;
  while (Date.now() < deadline) {
    const open = await sql(`select 1 from webhook_events where state in ('pending', 'parked') limit 1`);
    if (open.length === 0) return;
    await sleep(50);
  }
}
