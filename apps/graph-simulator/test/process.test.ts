import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
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

test('what an older simulator has written is still understood', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'simulator-'));
  try {
    const stateFile = join(folder, 'state.json');
    const first = await startRig({ stateFile });
    const page = await seedPage(first);
    await first.sim('POST', `/pages/${page.pageId}/messages`, { text: 'Hi', from: { name: 'Ana' } });
    await first.stop();
    const kept = JSON.parse(await readFile(stateFile, 'utf8'));
    expect(kept.indexes).toBeUndefined();
    const later = ['kind', 'expired', 'restriction', 'latelyWritten', 'parent', 'reachable', 'ownerAppId', 'knobs'];
    const older = JSON.stringify(kept, (key, value) => (later.includes(key) ? undefined : value));
    await writeFile(stateFile, older);

    const second = await startRig({ stateFile });
    const { threads } = await second.sim('GET', `/pages/${page.pageId}/conversation`);
    const body = { recipient: { id: threads[0].psid }, message: { text: 'Hello' } };
    const path = `/v25.0/me/messages?access_token=${page.pageToken}`;
    expect((await second.call('POST', path, body)).status).toBe(200);
    expect((await second.sim('GET', '/people')).data[0].kind).toBe('person');
    await second.stop();
  } finally {
    await rm(folder, { recursive: true });
  }
});

/** A day with faults and copies by chance, as the ledger tells it; without what the real clock says. */
async function livedThrough(seed: string): Promise<string> {
  const rig = await startRig({ seed });
  const page = await seedPage(rig);
  await rig.sim('POST', '/faults', { fault: { type: 'error', code: 2 }, probability: 0.3 });
  await rig.sim('POST', '/faults', {
    match: { endpoint: 'comments' },
    fault: { type: 'lost_response' },
    probability: 0.2,
  });
  for (let round = 0; round < 25; round += 1) {
    const { comment_id } = await rig.sim('POST', `/pages/${page.pageId}/comments`, { text: `No. ${round}` });
    const path = `/v25.0/${comment_id}/comments?access_token=${page.pageToken}`;
    await rig.call('POST', path, { message: 'Thanks' }).catch(() => undefined);
  }
  const { data } = await rig.sim('GET', '/ledger?limit=1000');
  const { data: changes } = await rig.sim('GET', '/changes');
  await rig.stop();
  const timeless = (key: string, value: unknown) =>
    ['at', 'virtual_at', 'ms', 'created_time', 'updated_time'].includes(key) ? undefined : value;
  return JSON.stringify({ data, changes }, timeless);
}

test('the same seed gives the same day: ids, faults, order', async () => {
  const first = await livedThrough('a day');
  expect(first).toContain('fault_');
  expect(await livedThrough('a day')).toBe(first);
  expect(await livedThrough('another day')).not.toBe(first);
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
  const linked = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(match => match[1]!);
  const script = await rig.call('GET', '/assets/app.js');
  const imported = [...script.text.matchAll(/from '\.\/([\w.]+)'/g)].map(match => `/assets/${match[1]}`);
  expect([linked.length, imported.length]).toEqual([6, 6]);
  for (const path of [...linked, ...imported]) {
    const file = await rig.call('GET', path);
    expect([path, file.status]).toEqual([path, 200]);
    expect(file.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(file.text.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(
      /https?:\/\/|innerHTML|insertAdjacentHTML/,
    );
  }
  await rig.stop();
});

const entry = fileURLToPath(new URL('../src/main.ts', import.meta.url));

function startProcess(env: Record<string, string>) {
  const child = spawn(process.execPath, ['--import', 'tsx', entry], {
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
}, 60_000);

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
}, 60_000);
