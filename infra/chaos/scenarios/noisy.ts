import { setTimeout as sleep } from 'node:timers/promises';
import type { Scenario, Stage } from '../scenario.ts';
import type { System } from '../system.ts';

interface Size {
  /** Questions to the loud tenant, all at once. */
  noise: number;
  /** Questions to the quiet one, one after the other. */
  probes: number;
}

/** A page sends 3,000 automatic replies an hour at most: one page gets fewer, and has no more. */
const mostOfOnePage = 2_900;

const full: Size = { noise: 10_000, probes: 20 };
const quick: Size = { noise: 1_500, probes: 8 };

/** What the quiet tenant may wait, at the 95th percentile: twice what it waits alone, or what nobody notices. */
const noticedMs = 1_000;
/** With more busy pages than places, each waits for others' slices of a second. */
const noticedMsBesideMany = 3_000;
const giveUpMs = 60_000;
const restMs = 600_000;

export const noisy: Scenario = {
  about: 'one tenant with thousands of questions at once, and another with a few',
  pages: () => 30,
  needs: { answersInPublic: true },
  async run(stage) {
    const { system, say } = stage;
    const size = stage.quick ? quick : full;
    await Promise.all([system.startApi(), system.startWorker(), system.startWorker()]);
    const [loud] = system.tenants;
    const pages = loud!.pages.map(({ pageId }) => pageId);
    // What is done for the first time takes longer.
    await probe(stage, 3);
    const alone = await probe(stage, size.probes);
    const [one, ...others] = pages;
    const noise = Math.min(size.noise, mostOfOnePage);
    say(`alone ${alone} ms; ${noise} questions to one page …`);
    const beside = await probeBeside(stage, [one!], { ...size, noise });
    say(`beside one busy page ${beside.ms} ms; ${size.noise} questions to ${others.length} pages …`);
    const besideMany = await probeBeside(stage, others, size);
    say(`beside ${others.length} busy pages ${besideMany.ms} ms`);
    const bound = Math.max(2 * alone, noticedMs);
    const broken: string[] = [];
    if (beside.ms > bound) broken.push(`Beside a busy page the others waited ${beside.ms} ms, alone ${alone} ms.`);
    if (besideMany.ms > noticedMsBesideMany)
      broken.push(`Beside many busy pages the others waited ${besideMany.ms} ms.`);
    if (!besideMany.wasBusy) broken.push('The busy pages were done before the others were asked.');
    if (!beside.wasBusy) broken.push('The busy page was done before the others were asked.');
    const details = {
      'p95 ms alone': alone,
      'p95 ms beside one busy page': beside.ms,
      [`p95 ms beside ${others.length} busy pages`]: besideMany.ms,
    };
    return { kills: 0, details, broken };
  },
};

async function probeBeside(stage: Stage, pages: readonly string[], { noise, probes }: Size) {
  const { system } = stage;
  const count = Math.ceil(noise / pages.length);
  const told = Promise.all(
    pages.map(page =>
      system.simulator.post(`/__sim/pages/${page}/comments/bulk`, { count, batch_size: 100, text: 'When? ({n})' }),
    ),
  );
  while (!(await isBusy(system, pages))) await sleep(20);
  const ms = await probe(stage, probes);
  const wasBusy = await isBusy(system, pages);
  await told;
  const deadline = Date.now() + restMs;
  while (await isBusy(system, pages)) {
    if (Date.now() > deadline) throw new Error(`The busy pages were not done within ${restMs / 1_000} s.`);
    await sleep(200);
  }
  return { ms, wasBusy };
}

async function isBusy({ sql }: System, pages: readonly string[]): Promise<boolean> {
  const open = await sql(`select 1 from webhook_events where page_id = any($1) and state = 'pending' limit 1`, [pages]);
  return open.length > 0;
}

/** From a question's delivery until its answer is known to be sent, in whole milliseconds at the 95th percentile. */
async function probe({ system, random }: Stage, probes: number): Promise<number> {
  const [, quiet] = system.tenants;
  const waits: number[] = [];
  for (let count = 0; count < probes; count += 1) {
    const startedAt = performance.now();
    const { pageId } = random.pick(quiet!.pages);
    const { comment_id } = await system.simulator.post(`/__sim/pages/${pageId}/comments`, { text: 'And mine?' });
    await answered(system, comment_id);
    waits.push(performance.now() - startedAt);
  }
  waits.sort((one, other) => one - other);
  return Math.round(waits[Math.ceil(0.95 * waits.length) - 1]!);
}

/** @throws Error when it takes too long: nothing could be compared with that */
async function answered({ sql }: System, commentId: string): Promise<void> {
  const sourceId = commentId.slice(commentId.lastIndexOf('_') + 1);
  const deadline = Date.now() + giveUpMs;
  while (Date.now() < deadline) {
    const sent = await sql(`select 1 from replies where source_id = $1 and state = 'sent'`, [sourceId]);
    if (sent.length > 0) return;
    await sleep(5);
  }
  throw new Error(`A question was not answered within ${giveUpMs / 1_000} s.`);
}
