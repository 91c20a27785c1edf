import * as z from 'zod';
import { createDocument } from 'zod-openapi';
import { plainPaths } from '../plain-paths.ts';
import type { Endpoint } from './endpoint.ts';
import { problemShape, problems } from './problem.ts';

/** The OpenAPI 3.1 document of these endpoints. */
export function buildOpenApi(endpoints: readonly Endpoint[]) {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const endpoint of endpoints) {
    paths[endpoint.path] = { ...paths[endpoint.path], [endpoint.method]: operationOf(endpoint) };
  }
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Pagekeeper',
      version: '0.1.0',
      description:
        'Keeps Facebook Pages connected, answering, and apart. Every answer under /v1 says in `RateLimit-Policy` and ' +
        '`RateLimit` how many requests are left; a 429 says in `Retry-After` when to come back.',
    },
    servers: [{ url: '/' }],
    security: [{ session: [] }, { apiKey: [] }],
    components: {
      securitySchemes: {
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'pagekeeper.session_token',
          description: 'POST /auth/sign-in/email. Over https its name begins with `__Host-`.',
        },
        apiKey: { type: 'http', scheme: 'bearer', description: 'Authorization: Bearer pgk_live_…' },
      },
    },
    paths: { ...paths, ...plainPaths } as never,
  });
}

function operationOf(endpoint: Endpoint) {
  const { method, path, summary, tag, params, query, body, refusals, caller } = endpoint;
  const operationId = `${method}_${path
    .replace('/v1/', '')
    .replaceAll(/[{}]/g, '')
    .replaceAll(/[^a-z]+/g, '_')}`;
  // Another site's page, a body too large, one that is no JSON.
  const ofWrites = method === 'get' ? [] : [403, 413, 415];
  const ofRepeats = method === 'post' ? [409, 422] : [];
  const headers = headersOf(endpoint);
  return {
    operationId,
    summary,
    tags: [tag],
    ...(caller === 'person' && { security: [{ session: [] }] }),
    requestParams: {
      ...(headers && { header: headers }),
      ...(Object.keys(params.shape).length > 0 && { path: params }),
      ...(Object.keys(query.shape).length > 0 && { query }),
    },
    // Not required where all of its fields can be left out.
    ...(body && {
      requestBody: { required: !body.safeParse({}).success, content: { 'application/json': { schema: body } } },
    }),
    responses: {
      ...successes(endpoint),
      ...problemResponses([400, 401, 404, 429, 503, ...refusals, ...ofWrites, ...ofRepeats]),
    },
  };
}

function headersOf({ method, refusals }: Endpoint) {
  if (method === 'post') {
    const key = z
      .string()
      .max(255)
      .optional()
      .describe('The same key and body within 24 hours: done once, answered alike.');
    return z.object({ 'Idempotency-Key': key });
  }
  if (!refusals.includes(412)) return null;
  return z.object({
    'If-Match': z.string().optional().describe('The `ETag` that was read: refused when it is another now.'),
  });
}

function successes({ responses, streams }: Endpoint) {
  if (streams) return { 200: { description: `Server-sent events named \`${streams}\`.`, content: eventStream } };
  const described = Object.entries(responses).map(([status, schema]) => [
    status,
    { description: 'Done.', ...(schema && { content: { 'application/json': { schema } } }) },
  ]);
  return Object.fromEntries(described);
}

/** OpenAPI has no word for the parts of a stream. */
const eventStream = { 'text/event-stream': { schema: z.string() } };

/** What only signing up and in are refused with. */
const ofSessions = new Set(['wrong_credentials', 'wrong_code', 'account_exists']);

function problemResponses(statuses: readonly number[]) {
  const described = [...new Set(statuses)].sort().map(status => {
    const reasons = Object.entries(problems).filter(
      ([code, problem]) => problem.status === status && !ofSessions.has(code),
    );
    const description = `${reasons.map(([, { title }]) => title).join('; or: ')}.`;
    return [status, { description, content: { 'application/problem+json': { schema: problemShape } } }];
  });
  return Object.fromEntries(described);
}
