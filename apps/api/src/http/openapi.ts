import { permissions } from '@pagekeeper/domain/access/authorize';
import * as z from 'zod';
import { createDocument } from 'zod-openapi';
import { plainPaths } from '../plain-paths.ts';
import type { Endpoint } from './endpoint.ts';
import { headersOf, type ResponseHeader, responseHeaders } from './openapi-headers.ts';
import { type ProblemCode, problemShape, problems } from './problem.ts';

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
      headers: responseHeaders,
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
  const { method, path, summary, tag, params, query, body, caller } = endpoint;
  const operationId = `${method}_${path
    .replace('/v1/', '')
    .replaceAll(/[{}]/g, '')
    .replaceAll(/[^a-z]+/g, '_')}`;
  const headers = askedHeaders(endpoint);
  return {
    operationId,
    summary,
    description: whoMay(endpoint),
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
      ...problemResponses(refusalsOf(endpoint)),
    },
  };
}

function askedHeaders({ method, refusals, streams }: Endpoint) {
  if (streams) {
    const last = z.string().optional().describe('The last id that was told: what came or changed since is told first.');
    return z.object({ 'Last-Event-ID': last });
  }
  if (method === 'post') {
    const key = z
      .string()
      .max(255)
      .optional()
      .describe('The same key and body within 24 hours: done once, answered alike.');
    return z.object({ 'Idempotency-Key': key });
  }
  if (!refusals.includes('stale_version')) return null;
  return z.object({
    'If-Match': z.string().optional().describe('The `ETag` that was read: refused when it is another now.'),
  });
}

function successes({ method, responses, streams }: Endpoint) {
  const replayed = method === 'post' ? (['Idempotent-Replayed'] as const) : [];
  if (streams) {
    const description = `Server-sent events named \`${streams}\`.`;
    return { 200: { description, headers: headersOf(), content: eventStream } };
  }
  const described = Object.entries(responses).map(([status, schema]) => {
    const headers = headersOf(...replayed, ...(isSingle(schema) ? (['ETag'] as const) : []));
    return [status, { description: 'Done.', headers, ...(schema && { content: { 'application/json': { schema } } }) }];
  });
  return Object.fromEntries(described);
}

const isSingle = (schema: z.ZodType | null): boolean =>
  schema instanceof z.ZodObject && 'id' in schema.shape && !('has_more' in schema.shape);

/** OpenAPI has no word for the parts of a stream. */
const eventStream = { 'text/event-stream': { schema: z.string() } };

/** Every code that it may refuse with. */
export function refusalsOf({ method, takesPassword, refusals }: Endpoint): ProblemCode[] {
  return [
    ...(['invalid_request', 'unauthenticated', 'forbidden', 'not_found', 'over_limit', 'unavailable'] as const),
    ...(method === 'get' ? [] : ofWrites),
    ...(method === 'post' ? ofRepeats : []),
    ...(takesPassword ? (['wrong_password'] as const) : []),
    ...refusals,
  ];
}

const ofWrites = ['malformed_json', 'origin_not_allowed', 'body_too_large', 'unsupported_media_type'] as const;
const ofRepeats = ['request_in_flight', 'answer_lost', 'idempotency_key_reused'] as const;

const headersOfRefusals: Record<number, readonly ResponseHeader[]> = {
  401: ['WWW-Authenticate'],
  409: ['Retry-After'],
  429: ['Retry-After'],
  503: ['Retry-After'],
};

function problemResponses(codes: readonly ProblemCode[]) {
  const statuses = [...new Set(codes.map(code => problems[code].status))].sort();
  const described = statuses.map(status => {
    const reasons = codes.filter(code => problems[code].status === status);
    const description = `${reasons.map(code => `${problems[code].title} (\`${code}\`)`).join('; or: ')}.`;
    const headers = headersOf(...(headersOfRefusals[status] ?? []));
    return [status, { description, headers, content: { 'application/problem+json': { schema: problemShape } } }];
  });
  return Object.fromEntries(described);
}

/** In words: `security` has none for roles. */
function whoMay({ path, caller, permission }: Endpoint): string {
  const { roles, scope } = permissions[permission];
  const named = roles
    .filter(role => role !== 'STAFF')
    .join(', ')
    .replace(/, (\w+)$/, ' or $1');
  const isOfTenant = path.includes('{organization}');
  const everybody = isOfTenant ? `For the organization's ${named}.` : 'For everybody who is signed in.';
  const people = path.startsWith('/v1/staff/') ? 'For our own staff.' : everybody;
  if (caller === 'person') return `${people} Not for API keys.`;
  if (scope === null) return `${people} For API keys too.`;
  return `${people} An API key needs ${isOfTenant ? 'such a role' : `the role ${named}`} and the scope \`${scope}\`.`;
}
