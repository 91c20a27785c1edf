import { setTimeout as sleep } from 'node:timers/promises';
import { answersSince, lastSequence } from '../answers.ts';
import type { Scenario, Stage } from '../scenario.ts';
import { startTraffic } from '../traffic.ts';

interface Size {
  /** Clean shutdowns and crashes, by turns. */
  restarts: number;
  downMs: number;
  /** Times at which all backends are ended at once, and the server lives. */
  terminations: number;
  perSecond: number;
  pages: number;
}

const full: Size = { restarts: 8, downMs: 8_000, terminations: 40, perSecond: 30, pages: 90 };
const quick: Size = { restarts: 2, downMs: 3_000, terminations: 8, perSecond: 15, pages: 30 };
const sizeOf = (isQuick: boolean) => (isQuick ? quick : full);

export const postgres: Scenario = {
  about: 'restarts of Postgres, clean ones and crashes, and backends that are terminated',
  pages: isQuick => sizeOf(isQuick).pages,
  async run(stage) {
    const { system, random, quick: isQuick } = stage;
    const size = sizeOf(isQuick);
    await Promise.all([system.startApi(), system.startWorker(), system.startWorker()]);
    const traffic = await startTraffic(system, random, size.perSecond);
    const meanwhile = new Map<string, number>();
    const broken: string[] = [];
    for (let count = 0; count < size.restarts; count += 1) {
      await sleep(random.between(2_000, 5_000));
      const how = count % 2 === 0 ? 'crash' : 'clean';
      const answers = await restart(stage, how, size.downMs);
      if (!answers.has('503')) broken.push(`While Postgres was away (${how}) no delivery was answered with 503.`);
      for (const [answer, times] of answers) meanwhile.set(answer, (meanwhile.get(answer) ?? 0) + times);
    }
    let terminated = 0;
    for (let count = 0; count < size.terminations; count += 1) {
      await sleep(random.between(100, 900));
      terminated += await terminateAll(stage);
    }
    await sleep(2_000);
    await traffic.stop();
    // Every time there was somebody to be cut off, on the whole.
    if (terminated < size.terminations) broken.push(`Only ${terminated} backends were terminated.`);
    const odd = [...meanwhile.keys()].filter(status => status !== '503');
    if (odd.length > 0) broken.push(`While Postgres was away deliveries were answered with ${odd.join(' and ')}.`);
    const counts = [...meanwhile].map(([status, times]) => [`answered ${status} while away`, times]);
    const details = { restarts: size.restarts, 'backends terminated': terminated };
    return { kills: 0, details: { ...details, ...Object.fromEntries(counts) }, broken };
  },
};

/** Gives back how deliveries were answered while it was surely gone. */
async function restart({ system, say }: Stage, how: 'clean' | 'crash', downMs: number): Promise<Map<string, number>> {
  say(`Postgres goes away (${how}) for ${downMs / 1_000} s …`);
  const { gone, back } = system.postgres.restart(how, downMs);
  await gone;
  const since = await lastSequence(system);
  const startedAt = Date.now();
  await sleep(downMs - 500);
  // What began before it was gone may have been committed.
  const answers = await answersSince(system, since, startedAt);
  await back;
  return answers;
}

/** All that api and workers have; gives back how many. */
async function terminateAll({ system }: Stage): Promise<number> {
  const ended = await system.sql(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where usename like 'pagekeeper%' and backend_type = 'client backend'`,
  );
  return ended.length;
}
