import { setTimeout as sleep } from 'node:timers/promises';
import type { Clocks } from './clocks.ts';
import type { DemoSession } from './session.ts';
import type { DemoLogin, DemoSimulator } from './simulator.ts';

/** So many days the demo looks back. */
export const historyDays = 7;

/** An integration's path below the API, and its page's id. */
export interface DemoPage {
  path: string;
  pageId: string;
}

interface Scene {
  owner: DemoSession;
  simulator: DemoSimulator;
  clocks: Clocks;
}

/** Connects a page, and waits for its first check. @returns the integration's path */
export async function connectDemoPage(
  owner: DemoSession,
  business: string,
  name: string,
  { facebookPage }: DemoLogin,
  config: object,
): Promise<string> {
  const body = { integration_type: 'FACEBOOK_PAGE', name, config, facebook_page: facebookPage };
  const { id } = await owner.post(`${business}/integrations`, body);
  return `${business.replace(/\/businesses\/.*/, '')}/integrations/${id}`;
}

const check = (owner: DemoSession, integration: string) => owner.post(`${integration}/refresh?wait=true`);

/**
 * A week of Acme, lived through with the clocks of both sides: its main page is healthy, one page's login ends soon,
 * one page died two days ago and its events wait, and a business was given up.
 */
export async function liveThroughAWeek(scene: Scene, acme: string, main: DemoPage): Promise<void> {
  const { owner, simulator, clocks } = scene;
  const businesses = `${acme}/businesses`;
  // Of 60 days, ten are left at the end of the week.
  await clocks.moveSimulator(-50 * 24);
  const ending = await simulator.login('Erik Ending', 'Acme Truck North');
  await clocks.move(-historyDays * 24);
  const dying = await simulator.login('Dora Dead', 'Acme Truck South');
  const closed = await simulator.login('Carl Closed', 'Acme Bakery');
  const truck = await owner.post(businesses, { name: 'Coffee Truck', description: 'Two trucks, two pages.' });
  const bakery = await owner.post(businesses, { name: 'Old Bakery', description: 'Closed since spring.' });
  const [north, south, oven] = await Promise.all([
    connectDemoPage(owner, `${businesses}/${truck.id}`, 'Truck North', ending, { auto_reply: true }),
    connectDemoPage(owner, `${businesses}/${truck.id}`, 'Truck South', dying, { auto_reply: true }),
    connectDemoPage(owner, `${businesses}/${bakery.id}`, 'Bakery', closed, { auto_reply: 'shadow' }),
  ]);
  await Promise.all([main.path, north, south, oven].map(integration => check(owner, integration)));
  for (let day = historyDays; day >= 0; day -= 1) {
    if (day < historyDays) await clocks.move(-day * 24);
    // Two weeks before its end a login counts as ending.
    if (day === 3) await check(owner, north);
    if (day === 2) {
      await simulator.post(`/people/${dying.personId}/events`, { type: 'password_change' });
      await check(owner, south);
    }
    const pages = [main.pageId, ending.pageId, dying.pageId, ...(day > 4 ? [closed.pageId] : [])];
    await Promise.all(pages.map((page, index) => writeToPage(simulator, page, day + index)));
    await untilSettled(scene, acme);
    if (day === 4) await owner.delete(`${businesses}/${bakery.id}`);
  }
}

const names = ['Ana', 'Ben', 'Chloé', 'Deniz', 'Emeka', 'Fatima', 'Goran', 'Hana', 'Ivo'];
const comments = [
  'Is this in stock?',
  'What does the large one cost?',
  'Best coffee in town!',
  'Are you open on Sunday?',
  'Do you have oat milk?',
  'Where are you parked today?',
];
const messages = ['Hi, can I book a table for four?', 'My order came cold.', 'Do you deliver?', 'Thank you!'];

const pick = <Item>(items: readonly Item[], at: number): Item => items[at % items.length]!;

/** Some comments and messages; which ones follows from the number. */
async function writeToPage(simulator: DemoSimulator, page: string, number: number): Promise<void> {
  for (let at = 0; at <= number % 3; at += 1) {
    const from = { name: pick(names, number * 5 + at * 2) };
    await simulator.post(`/pages/${page}/comments`, { from, text: pick(comments, number * 3 + at) });
  }
  await simulator.post(`/pages/${page}/messages`, {
    from: { name: pick(names, number * 7) },
    text: pick(messages, number),
  });
}

const settleMs = 15_000;

/** What was written has come, and was answered or waits for a token. */
async function untilSettled({ owner, simulator }: Scene, acme: string): Promise<void> {
  const deadline = performance.now() + settleMs;
  for (let calm = 0; calm < 2; ) {
    const { data } = await owner.get(`${acme}/events?state=pending&limit=1`);
    calm = data.length === 0 && (await simulator.isCalm()) ? calm + 1 : 0;
    // Slow machines have a shorter history, and a start all the same.
    if (performance.now() > deadline) return;
    await sleep(40);
  }
}
