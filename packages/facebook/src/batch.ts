import { Secret } from '@pagekeeper/runtime/secret';
import { classifyGraphError, localError } from './graph-error.ts';
import type { GraphConfig, GraphResult, GraphTransport } from './graph-transport.ts';
import { blankValues } from './graph-transport.ts';
import { appSecretProof } from './signatures.ts';
import { noUsage, type Usage } from './usage.ts';

/** One read of a batch. Without a token of its own it is made with the batch's. */
export interface BatchRead<T> {
  path: string;
  query?: Readonly<Record<string, string | Secret>>;
  token?: Secret;
  read: (body: unknown) => T | undefined;
}

/** Meta's limit (fact sheet 12). Each read counts as a call all the same; what is saved is round trips. */
export const maxBatchSize = 50;

/**
 * Many reads in few requests. Each has an end of its own; when a request fails as a whole, all of its reads have that
 * end. Writes are not batched: fifty in doubt at once would be fifty too many.
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
    const batch = chunk.map(({ path, query, token: own }) => ({
      method: 'GET',
      relative_url: relativeUrl(config, path, query, own),
    }));
    const answer = await transport.call({
      method: 'POST',
      repeatable: true,
      path: '',
      form: { batch: new Secret(JSON.stringify(batch)), include_headers: 'false' },
      token,
      read: body => (Array.isArray(body) && body.length === chunk.length ? body : undefined),
    });
    for (const [index, read] of chunk.entries()) {
      results.push(answer.ok ? readItem(read, answer.value[index], answer.usage) : answer);
    }
  }
  return results;
}

function relativeUrl(
  config: GraphConfig,
  path: string,
  query: BatchRead<unknown>['query'] = {},
  token: Secret | undefined,
): string {
  const pairs = Object.entries(query).map(([name, value]) => [name, plain(value)]);
  // The proof belongs to the token that is sent with this very read (fact sheet 5).
  if (token) pairs.push(['access_token', token.reveal()], ['appsecret_proof', appSecretProof(config.appSecret, token)]);
  return `${path}?${new URLSearchParams(pairs as [string, string][])}`;
}

const plain = (value: string | Secret): string => (value instanceof Secret ? value.reveal() : value);

/** An item is null when it was not done in time. Its body is JSON in a string. */
function readItem<T>({ query, token, read }: BatchRead<T>, item: unknown, usage: Usage): GraphResult<T> {
  const { code, body: text } = (item ?? {}) as { code?: unknown; body?: unknown };
  if (typeof code !== 'number') {
    return { ok: false, error: localError('the batch left it out', 'TRANSIENT', null, false), usage };
  }
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
    usage: noUsage,
    retryAfterMs: null,
    blank: message => blankValues(message, secrets),
  });
  return { ok: false, error, usage };
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
