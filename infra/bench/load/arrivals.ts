import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { UnderWay } from './under-way.ts';

/** One request of a schedule. */
export interface Arrival {
  /** What it is counted as: its method, and its path without ids. */
  endpoint: string;
  method: string;
  path: string;
  headers: Readonly<Record<string, string>>;
  body?: string;
  /** Takes the body of an answer with a status of 200 to 299. */
  take?(text: string): void;
}

export interface Schedule {
  port: number;
  perSecond: number;
  seconds: number;
  /** Latencies before this moment of the run are not kept. */
  keepFromSecond: number;
  next(index: number): Arrival;
}

/** What became of a schedule. */
export interface Outcome {
  sent: number;
  /** Answered with a status of 200 to 299. */
  succeeded: number;
  /** How often each other status, or way to fail, came of each endpoint: `GET /v1/me 503`. */
  failures: ReadonlyMap<string, number>;
  /** In ms, from the moment a request was due; by endpoint. */
  latencies: ReadonlyMap<string, readonly number[]>;
}

/** Used by turns, so that none is idle for as long as a server waits before it closes one. */
const connections = 16;

/**
 * Sends at a fixed pace, whatever became of the requests before. Latencies count from the moment a request was due: one
 * that had to wait for a connection, or for us, shows it.
 */
export async function arrive({ port, perSecond, seconds, keepFromSecond, next }: Schedule): Promise<Outcome> {
  const agent = new Agent({ keepAlive: true, scheduling: 'fifo', maxSockets: connections });
  const failures = new Map<string, number>();
  const latencies = new Map<string, number[]>();
  const count = Math.floor(perSecond * seconds);
  const underWay = new UnderWay();
  let succeeded = 0;
  const send = async (arrival: Arrival, dueAt: number, isKept: boolean) => {
    const { status, text } = await exchange(agent, port, arrival);
    const isSuccess = typeof status === 'number' && status >= 200 && status < 300;
    if (isKept) latencies.set(arrival.endpoint, latencies.get(arrival.endpoint) ?? []);
    if (isKept) latencies.get(arrival.endpoint)!.push(performance.now() - dueAt);
    if (!isSuccess) {
      const failure = `${arrival.endpoint} ${status}`;
      failures.set(failure, (failures.get(failure) ?? 0) + 1);
      return;
    }
    succeeded += 1;
    arrival.take?.(text);
  };
  const start = performance.now();
  for (let index = 0; index < count; index += 1) {
    const dueAt = start + (index * 1_000) / perSecond;
    const wait = dueAt - performance.now();
    if (wait > 0) await sleep(wait);
    underWay.add(send(next(index), dueAt, index >= keepFromSecond * perSecond));
  }
  await underWay.end();
  agent.destroy();
  return { sent: count, succeeded, failures, latencies };
}

interface Answer {
  /** The status, or how it failed. */
  status: number | string;
  text: string;
}

function exchange(agent: Agent, port: number, { method, path, headers, body }: Arrival): Promise<Answer> {
  return new Promise(resolve => {
    const length = body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
    const options = { agent, host: '127.0.0.1', port, method, path, headers: { ...headers, ...length } };
    const fail = (error: NodeJS.ErrnoException) => resolve({ status: error.code ?? 'failed', text: '' });
    const outgoing = request(options, incoming => {
      const chunks: Buffer[] = [];
      incoming.on('data', chunk => chunks.push(chunk));
      incoming.on('error', fail);
      incoming.on('end', () => resolve({ status: incoming.statusCode!, text: Buffer.concat(chunks).toString() }));
    });
    outgoing.on('error', fail);
    outgoing.end(body);
  });
}
