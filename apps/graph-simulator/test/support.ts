import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLog } from '@pagekeeper/runtime/log';
import type { SimulatorOptions } from '../src/simulator.ts';
import { startSimulator } from '../src/simulator.ts';

export const appId = '257000000000001';
export const appSecret = '0123456789abcdef0123456789abcdef';
export const appToken = `${appId}|${appSecret}`;

// Answers are whatever JSON came; tests say what they expect of it.
export type Json = any;

export interface Reply {
  status: number;
  headers: Headers;
  text: string;
  json: Json;
}

export interface Delivered {
  bytes: Buffer;
  text: string;
  json: Json;
  headers: Record<string, string | string[] | undefined>;
}

export type Rig = Awaited<ReturnType<typeof startRig>>;

/** A simulator on a free port, with helpers that speak HTTP to it. */
export async function startRig(options: Partial<SimulatorOptions> = {}) {
  const simulator = await startSimulator({
    port: 0,
    host: '127.0.0.1',
    appId,
    appSecret,
    verifyToken: 'verify-me',
    callbackUrl: null,
    seed: 'test',
    stateFile: null,
    log: createLog({ name: 'test', level: 'silent' }),
    retryDelaysMs: [0, 5],
    ...options,
  });
  const call = async (
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Reply> => {
    const isForm = body instanceof URLSearchParams;
    const answer = await fetch(simulator.url + path, {
      method,
      redirect: 'manual',
      headers: body === undefined || isForm ? headers : { 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, text, json: parse(text) };
  };
  const sim = async (method: string, path: string, body?: unknown): Promise<Json> => {
    const { status, json } = await call(method, `/__sim${path}`, body);
    if (status >= 400) throw new Error(`${status} ${json.error}`);
    return json;
  };
  /** Time passes until the condition holds; the test's own timeout is the limit. */
  const settled = async (condition: () => boolean) => {
    while (!condition()) await new Promise(resolve => setTimeout(resolve, 2));
  };
  /** Until nothing more happens by itself: what waits, waits for the clock. */
  const calm = async () => {
    const { emitter, agenda } = simulator.world;
    await settled(() => emitter.pending.changes + emitter.pending.underWay === 0 && !agenda.isDue);
  };
  return { ...simulator, call, sim, settled, calm };
}

function parse(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The owner of one Page that is subscribed to what an inbox app wants, with tokens. */
export async function seedPage(rig: Rig, person: Record<string, unknown> = {}) {
  const created = await rig.sim('POST', '/people', { name: 'Olga Owner', pages: [{ name: 'Blue Cup' }], ...person });
  const tokens = await rig.sim('POST', `/people/${created.id}/tokens`, { lifetime: 'long' });
  const pageToken: string = tokens.pages[0].page_access_token;
  const pageId: string = tokens.pages[0].page_id;
  const fields = 'feed,messages,message_echoes,message_deliveries';
  await rig.call('POST', `/v25.0/${pageId}/subscribed_apps?subscribed_fields=${fields}&access_token=${pageToken}`);
  return { personId: created.id as string, pageId, pageToken, userToken: tokens.user_token as string };
}

/** A callback that keeps what it gets. `answer` decides each status; the handshake is answered with the challenge. */
export async function startReceiver(answer: (count: number) => number | Promise<number> = () => 200) {
  const delivered: Delivered[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://receiver.invalid');
    if (request.method === 'GET') {
      const isRight = url.searchParams.get('hub.verify_token') === 'verify-me';
      response.statusCode = isRight ? 200 : 403;
      response.end(isRight ? url.searchParams.get('hub.challenge') : 'no');
      return;
    }
    const chunks: Buffer[] = [];
    request.on('data', chunk => chunks.push(chunk));
    request.on('end', async () => {
      const bytes = Buffer.concat(chunks);
      const text = bytes.toString('latin1');
      delivered.push({ bytes, text, json: parse(text), headers: request.headers });
      response.statusCode = await answer(delivered.length);
      response.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const stop = async () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${port}/hook`, delivered, stop };
}
