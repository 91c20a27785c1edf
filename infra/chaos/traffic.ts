import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from './random.ts';
import type { System } from './system.ts';

export interface Traffic {
  /** Writes no more, and waits until what was being written is. */
  stop(): Promise<void>;
}

const everyMs = 250;
/** Requests to the simulator at a time: it answers after the first attempt of each delivery. */
const maxUnderWay = 8;
/** While so many changes wait for another attempt nobody writes: an api that starts slowly would never catch up. */
const mostWaiting = 2_000;
/** As Facebook may do it: again, late, in another order, several pages in one post. */
const mischief = {
  duplicates: 0.1,
  late_copies: 0.05,
  late_copy_seconds: 10,
  out_of_order: true,
  mixed: true,
  batch: 20,
};

/** People write to all pages, by comments and messages, until it is stopped. Each writes once. */
export async function startTraffic(system: System, random: Random, perSecond: number): Promise<Traffic> {
  const { simulator } = system;
  await simulator.patch('/__sim/app', { mischief });
  const underWay = new Set<Promise<unknown>>();
  let stopped = false;
  const mean = (perSecond * everyMs) / 1_000;
  const write = () => {
    const what = random.next() < 0.85 ? 'comments' : 'messages';
    const count = random.between(1, Math.max(1, Math.round(2 * mean) - 1));
    const body = { count, batch_size: random.between(1, 10), text: 'Is this in stock? ({n})' };
    const written = simulator.post(`/__sim/pages/${random.pick(system.pageIds)}/${what}/bulk`, body);
    underWay.add(written);
    // What failed stays, for `stop` to tell.
    void written.then(
      () => underWay.delete(written),
      () => {},
    );
  };
  const run = async () => {
    while (!stopped) {
      const { waiting_changes, waiting_retries } = (await simulator.get('/__sim')).counts;
      if (underWay.size < maxUnderWay && waiting_changes + waiting_retries < mostWaiting) write();
      await sleep(everyMs);
    }
    await Promise.all(underWay);
  };
  const running = run();
  running.catch(() => {});
  return {
    stop: () => {
      stopped = true;
      return running;
    },
  };
}
