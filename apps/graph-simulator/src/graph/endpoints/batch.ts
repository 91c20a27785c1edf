import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from '../answer.ts';
import type { Call } from '../call.ts';
import { demandProof, noToken } from '../call.ts';
import { badBatch } from '../errors.ts';
import { isRecord, readParams, textParam } from '../params.ts';

const greatestBatch = 50;

/**
 * POST /: several calls in one. Each counts, and is answered, for itself: as JSON within JSON, or as null when it did
 * not come to its end in time.
 */
export async function runBatch(call: Call) {
  if (call.token === null) throw noToken(call);
  demandProof(call, call.token);
  const items = readItems(call);
  return await Promise.all(items.map(item => runItem(call, item)));
}

function readItems(call: Call): unknown[] {
  const given = call.params.get('batch');
  const items = typeof given === 'string' ? parse(given) : given;
  if (!Array.isArray(items)) throw badBatch('The batch parameter must be a JSON array');
  if (items.length <= greatestBatch) return items;
  throw badBatch(`Too many requests in batch message. Maximum batch size is ${greatestBatch}`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function runItem(call: Call, item: unknown) {
  const request = isRecord(item) ? readItem(call, item) : null;
  if (!request) return { code: 400, headers: [], body: JSON.stringify({ error: malformed }) };
  const { batch_item_ms } = call.world.state.app.knobs;
  const late = new AbortController();
  const answer = await Promise.race([
    call.again(request).finally(() => late.abort()),
    sleep(batch_item_ms, null, { signal: late.signal }).catch(() => null),
  ]);
  return answer === null || answer.cut ? null : present(call, answer);
}

const malformed = { message: 'A batch item needs a method and a relative_url', type: 'GraphBatchException' };

/** The item as a call of its own, with its own token or the one of the whole batch. */
function readItem(call: Call, item: Record<string, unknown>) {
  const { method, relative_url, body, access_token } = item;
  if (typeof method !== 'string' || typeof relative_url !== 'string') return null;
  const url = new URL(relative_url.replace(/^\/*/, '/'), 'http://item.invalid');
  // A batch within a batch would have no end.
  if (url.pathname === '/' && method !== 'GET') return null;
  const path = /^\/v\d+\.\d+\//.test(url.pathname) ? url.pathname : `/${call.version}${url.pathname}`;
  const content = Buffer.from(typeof body === 'string' ? body : '');
  const params = new Map(readParams(method, url.searchParams, 'application/x-www-form-urlencoded', content));
  const token = textParam(params, 'access_token') ?? (typeof access_token === 'string' ? access_token : call.token);
  if (token === call.token && call.world.state.app.knobs.batch_proof === 'inherited') inheritProof(call, params);
  return { method, path, params, token, baseUrl: call.baseUrl };
}

/** A proof belongs to a token: only with the token of the whole batch does its proof hold for an item. */
function inheritProof(call: Call, params: Map<string, unknown>): void {
  if (params.has('appsecret_proof')) return;
  for (const name of ['appsecret_proof', 'appsecret_time']) {
    const value = call.params.get(name);
    if (value !== undefined) params.set(name, value);
  }
}

function present(call: Call, { status, headers, body }: Answer) {
  if (textParam(call.params, 'include_headers') === 'false') return { code: status, body };
  const shown = Object.entries(headers).map(([name, value]) => ({ name: titleCase(name), value }));
  return { code: status, headers: shown, body };
}

const titleCase = (name: string) => name.replaceAll(/(^|-)[a-z]/g, letter => letter.toUpperCase());
