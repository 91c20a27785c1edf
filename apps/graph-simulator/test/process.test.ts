import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { seedPage, startRig } from './support.ts';

test('a restart still knows tokens, comments and the clock', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'simulator-'));
  try {
    const stateFile = join(folder, 'deep', 'state.json');
    const first = await startRig({ stateFile });
    const page = await seedPage(first);
    const { comment_id } = await first.sim('POST', `/pages/${page.pageId}/comments`, { text: 'Hi' });
    await first.sim('POST', '/clock', { advance_seconds: 100 });
    await first.stop();

    const second = await startRig({ stateFile });
    const read = await second.call('GET', `/v25.0/${comment_id}?access_token=${page.pageToken}`);
    expect(read.json.message).toBe('Hi');
    expect((await second.sim('GET', '/clock')).offset_seconds).toBe(100);
    const again = await second.sim('POST', `/people/${page.personId}/tokens`, {});
    expect(again.user_token).not.toBe(page.userToken);
    await second.stop();
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('the same seed gives the same ids and tokens', async () => {
  const rigs = [await startRig({ seed: 'x' }), await startRig({ seed: 'x' }), await startRig({ seed: 'y' })];
  const [one, same, other] = await Promise.all(rigs.map(rig => seedPage(rig)));
  expect(one).toEqual(same);
  expect(one?.pageToken).not.toBe(other?.pageToken);
  await Promise.all(rigs.map(rig => rig.stop()));
});

test('the page for people loads nothing foreign', async () => {
  const rig = await startRig();
  const page = await rig.call('GET', '/');
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(page.text).not.toMatch(/https?:\/\//);
  for (const name of ['app.js', 'style.css']) expect((await rig.call('GET', `/assets/${name}`)).status).toBe(200);
  await rig.stop();
});

const entry = fileURLToPath(new URL('../src/main.ts', import.meta.url));

function startProcess(env: Record<string, string>) {
  const child = spawn(process.execPath, ['--conditions=source', '--import', 'tsx', entry], {
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let errors = '';
  child.stderr?.on('data', chunk => {
    errors += chunk;
  });
  return { child, errors: () => errors };
}

test('the process says when it is ready and stops with 0', async () => {
  const { child } = startProcess({ PORT: '0' });
  const [ready] = await once(child, 'message');
  expect(ready).toEqual({ ready: true, port: expect.any(Number) });
  child.kill('SIGTERM');
  expect((await once(child, 'exit'))[0]).toBe(0);
}, 20_000);

test('a taken port and a bad variable are one sentence and exit 1', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const faults: [Record<string, string>, string][] = [
    [{ PORT: String(port) }, `PORT: 127.0.0.1:${port} is already in use.\n`],
    [{ WEBHOOK_CALLBACK_URL: 'x' }, 'WEBHOOK_CALLBACK_URL: must be a URL that starts with http:// or https://.\n'],
  ];
  for (const [env, sentence] of faults) {
    const { child, errors } = startProcess(env);
    const [code] = await once(child, 'close');
    expect([code, errors()]).toEqual([1, sentence]);
  }
  taken.close();
}, 20_000);
