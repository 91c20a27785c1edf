import { spawn } from 'node:child_process';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import { repositoryFolder, typescriptFlags } from '@pagekeeper/testing/processes';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let network: Network;

beforeAll(async () => {
  network = await startNetwork({ worker: false });
}, 60_000);

afterAll(() => network?.stop());

/** Runs the command with just these variables. */
async function subscribe(more: Record<string, string> = {}) {
  const { app_id, app_secret: secret, verify_token } = await network.simulator.get('/__sim');
  const child = spawn(process.execPath, [...typescriptFlags, 'infra/facebook/subscribe.ts'], {
    cwd: repositoryFolder,
    env: {
      PATH: process.env.PATH,
      FACEBOOK_APP_ID: app_id,
      FACEBOOK_APP_SECRET: secret,
      FACEBOOK_VERIFY_TOKEN: verify_token,
      FACEBOOK_GRAPH_URL: network.simulator.url,
      PUBLIC_URL: network.apiUrl,
      ...more,
    },
  });
  let said = '';
  child.stdout.on('data', text => (said += text));
  child.stderr.on('data', text => (said += text));
  const code = await new Promise(resolve => child.once('close', resolve));
  for (const word of [secret, verify_token]) expect(said).not.toContain(word);
  return { code, said };
}

describe('npm run facebook:subscribe', () => {
  it('subscribes the app and checks it, once or twice', async () => {
    for (let times = 0; times < 2; times += 1) {
      const { code, said } = await subscribe();
      expect([code, said]).toEqual([0, `Facebook sends the events of pages to ${network.apiUrl}/webhooks/facebook.\n`]);
    }
    // What it subscribed carries an event all the way.
    const acme = await network.tenant('acme');
    const { page } = await acme.connectPage();
    const path = `/__sim/pages/${page.page_id}/comments`;
    const { delivery } = await network.simulator.post(path, { from: { name: 'Ana' }, text: 'Hello?' });
    expect(delivery).toBe('queued');
    await network.simulator.calm();
    const stored = await network.sql('select from webhook_events where organization_id = $1', [acme.uuid]);
    expect(stored).toHaveLength(1);
  }, 60_000);

  it.each<[string, Record<string, string>, RegExp]>([
    ['another verify token than the api has', { FACEBOOK_VERIFY_TOKEN: 'x'.repeat(20) }, /same FACEBOOK_VERIFY_TOKEN/],
    ['an address where nobody answers', { PUBLIC_URL: 'http://127.0.0.1:9' }, /reachable at PUBLIC_URL/],
    ['a wrong secret', { FACEBOOK_APP_SECRET: 'y'.repeat(32) }, /FACEBOOK_APP_SECRET/],
    ['no app', { FACEBOOK_APP_ID: '' }, /FACEBOOK_APP_ID is not set/],
  ])('says what to do about %s', async (_, variables, sentence) => {
    const { code, said } = await subscribe(variables);
    expect([code, said]).toEqual([1, expect.stringMatching(sentence)]);
    expect(said).not.toMatch(/\n\s+at /);
  });
});
