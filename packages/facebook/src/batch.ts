import { Secret } from '@pagekeeper/runtime/secret';
import { classifyGraphError, localError } from './graph-error.ts';
import type { GraphConfig, GraphResult, GraphTransport } from './graph-transport.ts';
import { blankValues, retryAfterOf } from './graph-transport.ts';
import { appSecretProof } from './signatures.ts';
import { type Headers, highest, noUsage, parseUsage } from './usage.ts';

/** One read of a batch. Without a token of its own it is made with the batch's. */
export interface BatchRead<T> {
  path: string;
  query?: Readonly<Record<string, string | Secret>>;
  token?: Secret;
  read: (body: unknown) => T | undefined;
}

/** Meta's limit. Each read counts as a call all the same; what is saved is round trips. */
export const maxBatchSize = 50;
/** Fifty tokens whose scopes name thousands of pages each are megabytes. */
const maxBodyBytes = 20_000_000;

/**
 * Many reads in few requests. Each has an end of its own; when a request fails as a whole, all of its reads have that
 * end. Once the app is throttled nothing more is asked: the reads that are left end like that too. Writes are not
 * batched: fifty in doubt at once would be fifty too many.
 * @param token of the batch itself, the app's
 */
export async function readInBatches<T>(
  transport: GraphTransport,
  config: GraphConfig,
  token: Secret,
  reads: readonly BatchRead<T>[],
): Promise<GraphResult<T>[]> {
  const results: GraphResult<T>[] = [];
  for (let start = 0; start < reads.length; start += maxBatchSize) {
    const chunk = reads.slice(start, start + maxBatchSize);
    const throttled = results.find(isThrottledApp);
    if (throttled) {
      results.push(...chunk.map(() => throttled));
      continue;
    }
    const batch = chunk.map(read => ({ method: 'GET', relative_url: relativeUrl(config, token, read) }));
    const answer = await transport.call({
      method: 'POST',
      repeatable: true,
      path: '',
      form: { batch: new Secret(JSON.stringify(batch)), include_headers: 'true' },
      token,
      maxBodyBytes,
      read: body => (Array.isArray(body) && body.length === chunk.length ? body : undefined),
    });
    const ends = chunk.map((read, index) => (answer.ok ? readItem(read, answer.value[index]) : answer));
    noteAppUsage(transport, [answer, ...ends.filter((_, index) => !chunk[index]!.token)]);
    results.push(...ends);
  }
  return results;
}

/** What the app's own reads tell of its allowance, and the answer around them. Silence among others tells nothing. */
function noteAppUsage(transport: GraphTransport, [around, ...own]: readonly GraphResult<unknown>[]): void {
  const told = [around!, ...own].map(({ usage }) => highest(usage.app));
  if (own.length > 0 || told[0]! > 0) transport.appUsage = Math.max(...told);
}

const isThrottledApp = <T>(result: GraphResult<T>): boolean => !result.ok && result.error.outcome === 'THROTTLED_APP';

function relativeUrl(
  { appSecret }: GraphConfig,
  tokenOfBatch: Secret,
  { path, query = {}, token }: BatchRead<unknown>,
): string {
  const pairs = Object.entries(query).map(([name, value]) => [name, plain(value)]);
  if (token) pairs.push(['access_token', token.reveal()]);
  // The proof belongs to the token that this very read is made with; nobody says that the batch's own holds for its reads
  // too.
  pairs.push(['appsecret_proof', appSecretProof(appSecret, token ?? tokenOfBatch)]);
  return `${path}?${new URLSearchParams(pairs as [string, string][])}`;
}

const plain = (value: string | Secret): string => (value instanceof Secret ? value.reveal() : value);

/** An item is null when it was not done in time. Its body is JSON in a string, its headers are a list. */
function readItem<T>({ query, token, read }: BatchRead<T>, item: unknown): GraphResult<T> {
  const { code, body: text, headers: list } = (item ?? {}) as { code?: unknown; body?: unknown; headers?: unknown };
  if (typeof code !== 'number') {
    return { ok: false, error: localError('the batch left it out', 'TRANSIENT', null, false), usage: noUsage };
  }
  const headers = readHeaders(list);
  const usage = parseUsage(headers);
  const body = parse(text);
  const value = code >= 200 && code < 300 && !hasError(body) ? read(body) : undefined;
  if (value !== undefined) return { ok: true, value, usage };
  const secrets = [token, ...Object.values(query ?? {})].filter(given => given instanceof Secret);
  const error = classifyGraphError({
    write: false,
    http: code,
    maybeWritten: true,
    body,
    reason: `HTTP ${code} in a batch, unexpected JSON`,
    usage,
    retryAfterMs: retryAfterOf(headers),
    blank: message => blankValues(message, secrets),
  });
  return { ok: false, error, usage };
}

function readHeaders(list: unknown): Headers {
  const pairs = (Array.isArray(list) ? list : []).flatMap(header => {
    const { name, value } = (header ?? {}) as { name?: unknown; value?: unknown };
    return typeof name === 'string' && typeof value === 'string' ? [[name.toLowerCase(), value] as const] : [];
  });
  return Object.fromEntries(pairs);
}

function parse(text: unknown): unknown {
  try {
    return typeof text === 'string' ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}

const hasError = (body: unknown): boolean =>
  typeof body === 'object' && body !== null && 'error' in body && Boolean(body.error);
