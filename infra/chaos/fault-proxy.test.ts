import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';

let server: Server;
let proxy: FaultProxy;
let heard: string[];
const open: Socket[] = [];

/** Answers each word with the word and an exclamation mark. */
beforeEach(async () => {
  heard = [];
  server = createServer(socket => {
    open.push(socket);
    socket.on('error', () => {});
    socket.on('data', word => {
      heard.push(String(word));
      socket.write(`${word}!`);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy = await startFaultProxy((server.address() as { port: number }).port);
});

afterEach(async () => {
  for (const socket of open.splice(0)) socket.destroy();
  await proxy.stop();
  server.close();
});

/** Somebody who talks through the proxy. */
async function caller() {
  const socket = connect(proxy.port, '127.0.0.1');
  open.push(socket);
  let answers = '';
  let fault: string | null = null;
  socket.on('data', chunk => {
    answers += chunk;
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    fault = error.code ?? '';
  });
  await Promise.race([once(socket, 'connect'), new Promise(resolve => socket.once('close', resolve))]).catch(() => {});
  return { say: (word: string) => socket.write(word), answers: () => answers, fault: () => fault, socket };
}

/** Long enough for anything to pass that passes at all. */
const silenceMs = 200;

describe('the fault proxy', () => {
  it('passes everything while nothing is wrong, and ends too', async () => {
    const { say, answers, socket } = await caller();
    say('hello');
    await expect.poll(answers).toBe('hello!');
    socket.end();
    await once(socket, 'close');
  });

  it('is late by what it is told, in both directions and in order', async () => {
    const { say, answers } = await caller();
    proxy.fail({ type: 'latency', ms: 100 });
    const startedAt = performance.now();
    say('hello');
    await expect.poll(() => heard).toEqual(['hello']);
    expect(performance.now() - startedAt).toBeGreaterThan(95);
    await expect.poll(answers).toBe('hello!');
    expect(performance.now() - startedAt).toBeGreaterThan(195);
  });

  it('lets questions through and no answers when half open, and breaks what lost something when it is over', async () => {
    const { say, answers, fault } = await caller();
    proxy.fail({ type: 'half_open' });
    say('hello');
    await expect.poll(() => heard).toEqual(['hello']);
    await sleep(silenceMs);
    expect([answers(), fault()]).toEqual(['', null]);
    proxy.heal();
    await expect.poll(fault).toBe('ECONNRESET');
  });

  it('lets nothing through as a black hole, and takes connections all the same', async () => {
    proxy.fail({ type: 'blackhole' });
    const { say, answers, fault } = await caller();
    say('hello');
    await sleep(silenceMs);
    expect([heard, answers(), fault()]).toEqual([[], '', null]);
    proxy.heal();
    await expect.poll(fault).toBe('ECONNRESET');
  });

  it('breaks connections when the question has arrived', async () => {
    const { say, answers, fault } = await caller();
    proxy.fail({ type: 'reset', afterBytes: 0 });
    say('hello');
    await expect.poll(fault).toBe('ECONNRESET');
    expect([heard, answers()]).toEqual([['hello'], '']);
  });

  it('breaks connections in the middle of an answer', async () => {
    const { say, fault } = await caller();
    proxy.fail({ type: 'reset', afterBytes: 8 });
    say('hello');
    await expect.poll(() => heard).toEqual(['hello']);
    await sleep(silenceMs);
    expect(fault()).toBeNull();
    say('again');
    await expect.poll(fault).toBe('ECONNRESET');
  });

  it('drops all connections, old and new, until it is over', async () => {
    const old = await caller();
    proxy.fail({ type: 'drop' });
    await expect.poll(old.fault).toBe('ECONNRESET');
    const young = await caller();
    young.say('hello');
    await expect.poll(young.fault).not.toBeNull();
    expect(heard).toEqual([]);
    proxy.heal();
    const { say, answers } = await caller();
    say('hello');
    await expect.poll(answers).toBe('hello!');
  });
});
