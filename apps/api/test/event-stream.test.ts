import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DomainError } from '@pagekeeper/domain/errors';
import { createLog } from '@pagekeeper/runtime/log';
import { EventReader } from '@pagekeeper/testing/network/event-reader';
import { afterEach, describe, expect, it } from 'vitest';
import { Stream, type Told } from '../src/http/endpoint.ts';
import { OpenStreams } from '../src/http/open-streams.ts';
import { type StreamOptions, sendStream } from '../src/http/send-stream.ts';

const log = createLog({ name: 'test', level: 'silent' });
let server: Server | undefined;
const sent: Promise<void>[] = [];

afterEach(async () => {
  server?.closeAllConnections();
  server?.close();
  await Promise.all(sent.splice(0));
});

/** A server that answers everything with this stream, and a reader of it. Its rounds follow each other closely. */
async function read(look: () => Promise<Told[]>, options: Partial<StreamOptions> = {}): Promise<EventReader> {
  const streams = options.streams ?? new OpenStreams();
  const all = {
    name: 'event',
    streams,
    reader: 'anna',
    recheck: async () => {},
    log,
    roundMs: 2,
    heartbeatMs: 20,
    ...options,
  };
  server = createServer((request, response) => {
    sent.push(sendStream(request, response, new Stream('acme', look), all));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return await EventReader.open(new URL(`http://127.0.0.1:${port}`), {});
}

const nothing = async () => [];
const events = (count: number, size = 1): Told[] =>
  Array.from({ length: count }, (_, index) => ({ id: `evt_${index}`, text: `{"text":"${'x'.repeat(size)}"}` }));

describe('a stream', () => {
  it('tells what each look finds, and lives on heartbeats between', async () => {
    let looks = 0;
    const reader = await read(async () => {
      looks += 1;
      return looks % 3 === 0 ? events(2) : [];
    });
    await expect.poll(() => reader.comments).toBeGreaterThan(2);
    expect(reader.events.length).toBeGreaterThan(3);
    expect(reader.events[1]).toEqual({ event: 'event', id: 'evt_1', data: { text: 'x' } });
    expect(reader.end).toBeNull();
    reader.close();
  });

  it('asks for nothing while its reader takes nothing, and goes on when they do', async () => {
    let looks = 0;
    const reader = await read(async () => {
      looks += 1;
      return events(50, 20_000);
    });
    reader.pause();
    let before = -1;
    // What the sockets between us hold is filled some time: then it stands still.
    await expect
      .poll(
        () => {
          const stands = looks === before;
          before = looks;
          return stands;
        },
        { interval: 300, timeout: 15_000 },
      )
      .toBe(true);
    const stood = looks;
    reader.resume();
    await expect.poll(() => looks, { timeout: 15_000 }).toBeGreaterThan(stood + 5);
    reader.close();
  });

  it('ends when its time is up, also while its reader takes nothing', async () => {
    const reader = await read(nothing, { streams: new OpenStreams(50) });
    await expect.poll(() => reader.end).toBe('complete');
    server?.close();
    const slow = await read(async () => events(50, 20_000), { streams: new OpenStreams(50) });
    slow.pause();
    await Promise.all(sent);
  });

  it('ends when its reader is not known any more, or may not read', async () => {
    let isKnown = true;
    const gone = () => Promise.reject(new DomainError('unauthenticated', 'Sign in.'));
    const reader = await read(nothing, { recheck: () => (isKnown ? Promise.resolve() : gone()) });
    await expect.poll(() => reader.comments).toBeGreaterThan(1);
    expect(reader.end).toBeNull();
    isKnown = false;
    await expect.poll(() => reader.end).toBe('complete');
    server?.close();
    let looks = 0;
    const other = await read(async () => {
      looks += 1;
      return looks > 3 ? await gone() : [];
    });
    await expect.poll(() => other.end).toBe('complete');
    expect(looks).toBe(4);
  });

  it('outlives an outage of the database', async () => {
    let looks = 0;
    const reader = await read(async () => {
      looks += 1;
      if (looks > 1 && looks < 10) throw Object.assign(new Error('connection refused'), { code: 'ECONNREFUSED' });
      return looks === 10 ? events(1) : [];
    });
    await expect.poll(() => reader.events.length).toBe(1);
    expect(reader.end).toBeNull();
    reader.close();
  });

  it('frees its place when its reader leaves', async () => {
    const streams = new OpenStreams();
    const reader = await read(nothing, { streams });
    await expect.poll(() => reader.comments).toBeGreaterThan(0);
    for (let place = 0; place < 9; place += 1) streams.open('acme', 'anna');
    expect(() => streams.open('acme', 'anna')).toThrow('10 streams');
    reader.close();
    await Promise.all(sent);
    expect(() => streams.open('acme', 'anna')).not.toThrow();
  });

  it('ends with its process, which takes no more', async () => {
    const streams = new OpenStreams();
    const reader = await read(nothing, { streams });
    streams.stop();
    await expect.poll(() => reader.end).toBe('complete');
    expect(() => streams.open('acme', 'anna')).toThrow('no place');
  });
});

describe('the places of a process', () => {
  it('are 20 for each organization, and 500 in all', () => {
    const streams = new OpenStreams();
    const opened = Array.from({ length: 500 }, (_, index) => streams.open(`organization ${index % 25}`, `${index}`));
    expect(() => streams.open('another', 'anna')).toThrow('no place');
    opened[0]!.close();
    expect(() => streams.open('organization 1', 'anna')).toThrow('20 streams');
    const { signal, close } = streams.open('organization 0', 'anna');
    expect(signal.aborted).toBe(false);
    close();
    close();
    expect(() => streams.open('another', 'anna')).not.toThrow();
  });

  it('are 10 for each reader, however many organizations they are in', () => {
    const streams = new OpenStreams();
    const opened = Array.from({ length: 10 }, (_, index) => streams.open(`organization ${index}`, 'anna'));
    expect(() => streams.open('organization 10', 'anna')).toThrow('10 streams');
    expect(() => streams.open('organization 10', 'bert')).not.toThrow();
    opened[0]!.close();
    expect(() => streams.open('organization 10', 'anna')).not.toThrow();
  });
});
