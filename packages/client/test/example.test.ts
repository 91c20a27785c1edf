import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import { typescriptFlags } from '@pagekeeper/testing/processes';
import { afterAll, beforeAll, expect, it } from 'vitest';

const file = fileURLToPath(new URL('../example.ts', import.meta.url));

let network: Network;

beforeAll(async () => {
  network = await startNetwork({ worker: false });
}, 60_000);

afterAll(() => network?.stop());

/** Runs the example as its first lines say. */
const run = (apiKey: string) =>
  promisify(execFile)(process.execPath, [...typescriptFlags, file], {
    env: { PATH: process.env.PATH, PAGEKEEPER_URL: network.apiUrl, PAGEKEEPER_API_KEY: apiKey },
  });

it('the example lists the pages of its API key that are not healthy, with what to do, and no other', async () => {
  const [acme, rival] = [await network.tenant('acme'), await network.tenant('rival')];
  const dead = await acme.connectPage({ name: 'Dead Cup' });
  await acme.connectPage({ name: 'Good Cup' });
  const theirs = await rival.connectPage({ name: 'Rival Cup' });
  for (const { id, page } of [dead, theirs]) {
    await network.simulator.post(`/__sim/people/${page.personId}/events`, { type: 'password_change' });
    await (id === dead.id ? acme : rival).refresh(id);
  }
  const { key } = await acme.program({ role: 'MEMBER', scopes: ['read'] });
  const { stdout, stderr } = await run(key.secret);
  expect(stderr).toBe('');
  expect(stdout.trim().split('\n')).toEqual([
    expect.stringMatching(/^acme\S*: Dead Cup 1 is needs_reauth\. Connect the page again with a fresh login/),
  ]);
});

it('the example says what is wrong with a key that nobody has', async () => {
  const refusal = await run(`pgk_live_${'x'.repeat(43)}`).catch(error => error);
  expect(refusal.stderr).toContain('The API key is unknown, expired or revoked.');
});
