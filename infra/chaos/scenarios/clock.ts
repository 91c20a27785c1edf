import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Member } from '../crew.ts';
import type { Scenario, Stage } from '../scenario.ts';
import { startTraffic } from '../traffic.ts';

interface Size {
  forMs: number;
  perSecond: number;
  pages: number;
}

const full: Size = { forMs: 45_000, perSecond: 25, pages: 45 };
const quick: Size = { forMs: 8_000, perSecond: 12, pages: 15 };
const sizeOf = (isQuick: boolean) => (isQuick ? quick : full);

/** Below and above what a process may differ from the database by (30 s). */
const borne = 25;
const refused = 40;

export const clock: Scenario = {
  about: 'api and workers whose clocks are wrong, each by another time',
  pages: isQuick => sizeOf(isQuick).pages,
  lacks: () => (findFaketime() ? null : 'There is no libfaketime here: apt-get install faketime.'),
  async run(stage) {
    const { system, random, quick: isQuick } = stage;
    const size = sizeOf(isQuick);
    await Promise.all([
      system.startApi(askew(borne)),
      system.startWorker(askew(-borne)),
      system.startWorker(askew(borne)),
      system.startWorker(),
    ]);
    const traffic = await startTraffic(system, random, size.perSecond);
    await sleep(size.forMs);
    await traffic.stop();
    const started = await startedAnyway(stage);
    const sentence = (what: string) => `A process started ${refused} s ${what} the database's clock.`;
    return {
      kills: 0,
      details: { 'seconds wrong': borne, 'starts refused': 4 - started.length },
      broken: started.map(sentence),
    };
  },
};

/** Those that ought to have refused. */
async function startedAnyway({ system }: Stage): Promise<string[]> {
  const starts: [what: string, start: () => Promise<Member>][] = [
    ['ahead of', () => system.startWorker(askew(refused))],
    ['behind', () => system.startWorker(askew(-refused))],
    ['ahead of', () => system.startApi({ ...askew(refused), PORT: '0' })],
    ['behind', () => system.startApi({ ...askew(-refused), PORT: '0' })],
  ];
  const started: string[] = [];
  for (const [what, start] of starts) {
    try {
      await (await start()).stop();
      started.push(what);
    } catch (error) {
      if (!/clocks of this machine and of the database/.test((error as Error).message)) throw error;
    }
  }
  return started;
}

/** What makes a process believe that it is so many seconds later. What it measures passes as before. */
const askew = (seconds: number): Record<string, string> => ({
  LD_PRELOAD: findFaketime()!,
  FAKETIME: `${seconds > 0 ? '+' : ''}${seconds}s`,
  FAKETIME_DONT_FAKE_MONOTONIC: '1',
});

/** Debian's `faketime`, for processes with several threads. */
function findFaketime(): string | null {
  const libraries = '/usr/lib';
  if (!existsSync(libraries)) return null;
  const files = readdirSync(libraries).map(folder => join(libraries, folder, 'faketime', 'libfaketimeMT.so.1'));
  return files.find(file => existsSync(file)) ?? null;
}
