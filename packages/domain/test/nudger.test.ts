import { createQueue, type Queue } from '@pagekeeper/queue/queue';
import { createLog } from '@pagekeeper/runtime/log';
import { createTestDatabase, type TestDatabase } from '@pagekeeper/testing/database';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { newId } from '../src/ids.ts';
import { createNudger, type Nudger } from '../src/webhooks/nudger.ts';

let server: TestDatabase;
let queue: Queue;
let nudger: Nudger;

beforeEach(async () => {
  server = await createTestDatabase();
  const log = createLog({ name: 'test', level: 'silent' });
  queue = createQueue({ connection: { type: 'postgres', url: server.urls.queue }, log });
  await queue.ping();
  nudger = createNudger(queue, log);
});

afterEach(async () => {
  await nudger.close();
  await queue.close();
  await server.drop();
});

const waiting = async () => (await queue.counts()).waiting;

it('a page is nudged once a round, however much comes for it', async () => {
  const [organization, page] = [newId(), newId()];
  for (let event = 0; event < 1_000; event += 1) nudger.nudge(organization, page);
  await expect.poll(waiting, { timeout: 10_000 }).toBe(1);
});

it('of very many pages each is nudged in its turn', async () => {
  for (let page = 0; page < 350; page += 1) nudger.nudge(newId(), newId());
  await expect.poll(waiting, { timeout: 10_000 }).toBe(350);
});

it('what waits for its turn goes out at the end', async () => {
  for (let page = 0; page < 450; page += 1) nudger.nudge(newId(), newId());
  await nudger.close();
  expect(await waiting()).toBe(450);
});
