import createClient, { type Client, type Middleware } from 'openapi-fetch';
import type { components, paths } from './api.ts';

export type { components, paths } from './api.ts';

/** What a refusal says (RFC 9457). */
export type Problem = components['schemas']['Problem'];
export type Organization = components['schemas']['Organization'];
export type Business = components['schemas']['Business'];
export type Integration = components['schemas']['Integration'];

export interface PagekeeperOptions {
  /** "https://app.example" */
  baseUrl: string;
  /** `pgk_live_…`. Keep it on a server. Left out in a browser that is signed in: its cookie goes along. */
  apiKey?: string;
  fetch?: typeof globalThis.fetch;
}

/**
 * The API, typed by path: `const { data, error } = await pagekeeper.GET('/v1/organizations')`. A refusal is `error`, not
 * an exception; only a broken connection throws. Every POST carries an Idempotency-Key of its own unless it is given
 * one: give it yourself to make a retry safe.
 */
export function createPagekeeper({ baseUrl, apiKey, fetch }: PagekeeperOptions): Client<paths> {
  const client = createClient<paths>({ baseUrl, ...(fetch && { fetch }) });
  client.use(credentials(apiKey));
  return client;
}

const credentials = (apiKey: string | undefined): Middleware => ({
  onRequest({ request }) {
    if (apiKey) request.headers.set('Authorization', `Bearer ${apiKey}`);
    if (request.method === 'POST' && !request.headers.has('Idempotency-Key')) {
      request.headers.set('Idempotency-Key', crypto.randomUUID());
    }
    return request;
  },
});

interface Page<Row> {
  data: Row[];
  next_cursor: string | null;
}

/**
 * Every row of a list, page after page: `for await (const row of everyRow(cursor => pagekeeper.GET(…)))`.
 * @throws Error with the problem's title and detail when a page is refused
 */
export async function* everyRow<Row>(
  page: (cursor: string | undefined) => Promise<{ data?: Page<Row>; error?: Problem }>,
): AsyncGenerator<Row> {
  let cursor: string | undefined;
  do {
    const { data, error } = await page(cursor);
    if (!data) throw new Error(error ? `${error.title}: ${error.detail}` : 'The list could not be read.');
    yield* data.data;
    cursor = data.next_cursor ?? undefined;
  } while (cursor !== undefined);
}
