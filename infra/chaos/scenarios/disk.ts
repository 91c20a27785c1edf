import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { answersSince, lastSequence } from '../answers.ts';
import type { Scenario, Stage } from '../scenario.ts';
import { whyNoDisk } from '../small-disk.ts';
import { startTraffic } from '../traffic.ts';

interface Size {
  /** How often the disk is full. */
  rounds: number;
  fullMs: number;
  perSecond: number;
  pages: number;
}

const full: Size = { rounds: 3, fullMs: 12_000, perSecond: 40, pages: 45 };
const quick: Size = { rounds: 1, fullMs: 6_000, perSecond: 30, pages: 15 };
const sizeOf = (isQuick: boolean) => (isQuick ? quick : full);

export const disk: Scenario = {
  about: 'a full disk under Postgres',
  pages: isQuick => sizeOf(isQuick).pages,
  needs: { diskMegabytes: 256 },
  lacks: whyNoDisk,
  async run(stage) {
    const { system, random, quick: isQuick } = stage;
    const size = sizeOf(isQuick);
    await Promise.all([system.startApi(), system.startWorker(), system.startWorker()]);
    const traffic = await startTraffic(system, random, size.perSecond);
    const meanwhile = new Map<string, number>();
    const broken: string[] = [];
    let revived = 0;
    for (let round = 1; round <= size.rounds; round += 1) {
      await sleep(2_000);
      stage.say(`the disk is full for ${size.fullMs / 1_000} s …`);
      const answers = await beFull(stage, size.fullMs);
      if (!answers.has('503')) broken.push('While the disk was full no delivery was answered with 503.');
      for (const [answer, times] of answers) meanwhile.set(answer, (meanwhile.get(answer) ?? 0) + times);
      if (await stage.system.postgres.revive()) revived += 1;
      await system.ready();
    }
    await sleep(2_000);
    await traffic.stop();
    const counts = [...meanwhile].map(([answer, count]) => [`answered ${answer} while full`, count]);
    return {
      kills: 0,
      details: { 'Postgres ended': revived, ...Object.fromEntries(counts) },
      broken,
    };
  },
};

/** Gives back how deliveries were answered meanwhile. Postgres may have ended over it. */
async function beFull({ system }: Stage, fullMs: number): Promise<Map<string, number>> {
  const since = await lastSequence(system);
  const file = join(system.dataFolder, 'filler');
  const filler = openSync(file, 'w');
  const endsAt = Date.now() + fullMs;
  // Again and again: what Postgres gives free meanwhile is taken too.
  while (Date.now() < endsAt) {
    fill(filler);
    await sleep(50);
  }
  closeSync(filler);
  const answers = await answersSince(system, since);
  rmSync(file);
  return answers;
}

function fill(file: number): void {
  for (let size = 1 << 20; size >= 4_096; size >>= 1) {
    try {
      for (;;) writeSync(file, Buffer.alloc(size));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }
}
