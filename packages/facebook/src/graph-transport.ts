import { Secret } from '@pagekeeper/runtime/secret';
import { ExponentialBackoff, handleWhenResult, retry } from 'cockatiel';
import { Agent } from 'undici';
import type { Exchange, HttpRequest } from './exchange.ts';
import { exchange } from './exchange.ts';
import type { GraphError } from './graph-error.ts';
import { classifyGraphError, localError } from './graph-error.ts';
import { appSecretProof } from './signatures.ts';
import type { Headers, Usage } from './usage.ts';
import { highest, noUsage, parseUsage } from './usage.ts';

/** The end of a Graph call. A failed call is data: nothing here throws. */
export type GraphResult<T> = { ok: true; value: T; usage: Usage } | { ok: false; error: GraphError; usage: Usage };

export interface GraphConfig {
  /** Base of the Graph API, "https://graph.facebook.com" or a simulator's. */
  graphUrl: string;
  /** The pinned version, "v25.0". */
  version: string;
  appId: string;
  /** The current app secret. */
  appSecret: Secret;
  /** For one request, connecting and reading included; 10,000 when left out. */
  timeoutMs?: number;
  /**
   * Told once per version when Graph answers with another one than asked for: it silently serves the oldest usable
   * version in place of an expired one.
   */
  onOtherVersion?: (servedVersion: string) => void;
}

type Parameters = Readonly<Record<string, string | Secret>>;

/** One call, as the client describes it. POST and DELETE count as writes, unless they are said to be repeatable. */
export interface GraphCall<T> {
  method: HttpRequest['method'];
  /** A POST that changes nothing, such as a batch of reads. */
  repeatable?: boolean;
  /** Below the version, without a leading slash. Only checked ids may stand in it. */
  path: string;
  query?: Parameters;
  form?: Parameters;
  json?: unknown;
  /** Sent as bearer, with its proof; never in the URL. */
  token?: Secret;
  /** An answer that is longer fails; 2,000,000 when left out. */
  maxBodyBytes?: number;
  /** Turns the JSON of a 2xx answer into the value; undefined when it is not what was asked for. */
  read: (body: unknown) => T | undefined;
}

export interface GraphTransport {
  call<T>(call: GraphCall<T>): Promise<GraphResult<T>>;
  /** Percent of the app's own allowance that is used up, by the last answer to the app that could tell. */
  appUsage: number;
  close(): Promise<void>;
}

// A full page of me/accounts is about 100 kB.
const usualMaxBodyBytes = 2_000_000;
/** More than 20 jobs of a worker, the usual number, use at once with 8 answers each: nobody waits behind slow pages. */
const connectionsPerProcess = 256;
const retriesOfReads = 2;

/**
 * The wire below the client: keep-alive connections to one origin, one timeout per request, bearer and proof on every
 * call that has a token. Reads are repeated a few times after a transient failure, writes never.
 */
export function createGraphTransport(config: GraphConfig): GraphTransport {
  const timeoutMs = config.timeoutMs ?? 10_000;
  const agent = new Agent({
    connections: connectionsPerProcess,
    connect: { timeout: timeoutMs },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  });
  const noteVersion = versionWatch(config);

  async function attempt<T>(call: GraphCall<T>): Promise<GraphResult<T>> {
    const request = buildRequest(config, call);
    const maxBodyBytes = call.maxBodyBytes ?? usualMaxBodyBytes;
    const ended = await exchange(agent, request, { timeoutMs, maxBodyBytes });
    if (ended.answered) noteVersion(ended.headers);
    const result = readExchange(call, ended, text => blankValues(text, secretsOf(config, call)));
    if (isByApp(call)) transport.appUsage = highest(result.usage.app);
    return result;
  }

  // With a person's token the header tells of another allowance; what a batch tells, its items do.
  const isByApp = ({ token, repeatable = false }: GraphCall<unknown>): boolean =>
    !repeatable && (!token || token.reveal().startsWith(`${config.appId}|`));

  const backoff = new ExponentialBackoff({ initialDelay: 200, maxDelay: 2_000 });
  const repeat = retry(handleWhenResult(isWorthRepeating), { maxAttempts: retriesOfReads, backoff });

  const transport: GraphTransport = {
    call: call => (isRead(call) ? repeat.execute(() => attempt(call)) : attempt(call)),
    appUsage: 0,
    close: () => agent.close(),
  };
  return transport;
}

const isRead = ({ method, repeatable = false }: GraphCall<unknown>): boolean => method === 'GET' || repeatable;

function isWorthRepeating(result: unknown): boolean {
  const { ok, error } = result as GraphResult<unknown> & { error?: GraphError };
  // A stated wait is longer than any backoff here; the caller has to plan for it.
  return !ok && error?.outcome === 'TRANSIENT' && error.waitMs === null;
}

function buildRequest(config: GraphConfig, call: GraphCall<unknown>): HttpRequest {
  const base = new URL(config.graphUrl);
  const query = encode(call.query ?? {});
  const headers: Record<string, string> = { accept: 'application/json', 'user-agent': 'pagekeeper' };
  if (call.token) {
    query.set('appsecret_proof', appSecretProof(config.appSecret, call.token));
    headers.authorization = `Bearer ${call.token.reveal()}`;
  }
  let body: string | null = null;
  if (call.form) {
    headers['content-type'] = 'application/x-www-form-urlencoded';
    body = encode(call.form).toString();
  } else if (call.json !== undefined) {
    headers['content-type'] = 'application/json';
    body = JSON.stringify(call.json);
  }
  const search = query.size > 0 ? `?${query}` : '';
  const path = `${base.pathname.replace(/\/+$/, '')}/${config.version}/${call.path}${search}`;
  return { origin: base.origin, path, method: call.method, headers, body };
}

function encode(parameters: Parameters): URLSearchParams {
  const pairs = Object.entries(parameters).map(([name, value]) => [name, plain(value)] as [string, string]);
  return new URLSearchParams(pairs);
}

function plain(value: string | Secret): string {
  return value instanceof Secret ? value.reveal() : value;
}

function readExchange<T>(call: GraphCall<T>, ended: Exchange, blank: (text: string) => string): GraphResult<T> {
  const write = !isRead(call);
  if (!ended.answered) {
    const { reason, maybeWritten, impossible } = ended;
    const error = impossible
      ? localError('the request could not be built', 'PERMANENT', null, false)
      : classifyGraphError({
          write,
          http: null,
          maybeWritten,
          body: undefined,
          reason,
          usage: noUsage,
          retryAfterMs: null,
        });
    return { ok: false, error, usage: noUsage };
  }
  const usage = parseUsage(ended.headers);
  const body = parseJson(ended.body);
  const success = ended.status >= 200 && ended.status < 300;
  const value = success && body !== undefined && !hasError(body) ? call.read(body) : undefined;
  if (value !== undefined) return { ok: true, value, usage };
  const error = classifyGraphError({
    write,
    http: ended.status,
    maybeWritten: true,
    body,
    reason: body === undefined ? `HTTP ${ended.status} without readable JSON` : `HTTP ${ended.status}, unexpected JSON`,
    usage,
    retryAfterMs: retryAfterOf(ended.headers),
    blank,
  });
  return { ok: false, error, usage };
}

function parseJson(body: string | null): unknown {
  try {
    return body === null ? undefined : JSON.parse(body);
  } catch {
    return undefined;
  }
}

function hasError(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'error' in body && Boolean(body.error);
}

/** The `Retry-After` header in milliseconds. In seconds there; the date form is not used by Graph. */
export function retryAfterOf(headers: Headers): number | null {
  const value = headers['retry-after'];
  return typeof value === 'string' && /^\d{1,6}$/.test(value) ? Number(value) * 1000 : null;
}

function secretsOf(config: GraphConfig, call: GraphCall<unknown>): Secret[] {
  const sent = [call.token, config.appSecret, ...Object.values({ ...call.query, ...call.form })];
  return sent.filter(value => value instanceof Secret);
}

/** The text without these very values. `blankTokens` only knows how Meta's tokens begin. */
export function blankValues(text: string, secrets: readonly Secret[]): string {
  const values = secrets.map(secret => secret.reveal()).filter(value => value.length > 0);
  return values.reduce((blanked, value) => blanked.replaceAll(value, '[sealed]'), text);
}

function versionWatch(config: GraphConfig): (headers: Headers) => void {
  const told = new Set<string>([config.version]);
  return headers => {
    const served = headers['facebook-api-version'];
    if (typeof served !== 'string' || !/^v\d+\.\d+$/.test(served) || told.has(served) || told.size > 20) return;
    told.add(served);
    config.onOtherVersion?.(served);
  };
}
