import { z } from 'zod';
import { problemShape } from './http/problem.ts';

const user = z.object({ id: z.uuid(), name: z.string(), email: z.email() }).loose().meta({ id: 'User' });
const readiness = z.object({
  status: z.enum(['ready', 'not ready']),
  checks: z.object({ database: z.boolean(), queue: z.boolean() }),
});

/** What the api answers beside its endpoints, for the OpenAPI document: sessions, health, and Facebook's webhook. */
export const plainPaths = {
  '/auth/sign-up/email': {
    post: operation('sign_up', 'Sessions', 'Make an account, and sign in', {
      ...takes(z.strictObject({ name: z.string(), email: z.email(), password: z.string().min(10).max(200) })),
      responses: {
        200: json('Signed in: the session is in the cookie.', z.object({ user: user })),
        ...refused(400, 409, 429),
      },
    }),
  },
  '/auth/sign-in/email': {
    post: operation('sign_in', 'Sessions', 'Sign in', {
      ...takes(z.strictObject({ email: z.email(), password: z.string() })),
      responses: {
        200: json('Signed in: the session is in the cookie.', z.object({ user: user })),
        ...refused(400, 401, 429),
      },
    }),
  },
  '/auth/sign-out': {
    post: operation('sign_out', 'Sessions', 'End the session', {
      responses: { 200: json('The session is over.', z.object({ success: z.boolean() })) },
    }),
  },
  '/auth/get-session': {
    get: operation('get_session', 'Sessions', 'Who is signed in', {
      responses: { 200: json('Null for nobody.', z.object({ user: user }).nullable()) },
    }),
  },
  '/webhooks/facebook': {
    get: operation('verify_webhook', 'Facebook', "Facebook's handshake", {
      requestParams: {
        query: z.object({
          'hub.mode': z.literal('subscribe'),
          'hub.verify_token': z.string(),
          'hub.challenge': z.string().max(1_000),
        }),
      },
      responses: { 200: text('The challenge.'), 403: { description: 'Another token. No body.' } },
    }),
    post: operation('deliver_webhook', 'Facebook', "Facebook's deliveries, signed over the raw body", {
      requestParams: { header: z.object({ 'X-Hub-Signature-256': z.string().regex(/^sha256=[0-9a-f]{64}$/) }) },
      requestBody: { required: true, content: { 'application/json': { schema: z.object({}).loose() } } },
      responses: {
        200: text('Committed.'),
        400: { description: 'Not JSON. No body.' },
        401: { description: 'Not signed with the app secret. No body.' },
        413: { description: 'Over 1 MB. No body.' },
        415: { description: 'An unknown encoding. No body.' },
        503: { description: 'Not committed: send it again. No body.' },
      },
    }),
  },
  '/healthz': {
    get: operation('healthz', 'Health', 'The process lives', {
      responses: { 200: json('It lives.', z.object({ status: z.literal('ok') })) },
    }),
  },
  '/readyz': {
    get: operation('readyz', 'Health', 'Database, schema and queue answer', {
      responses: { 200: json('Ready.', readiness), 503: json('Not ready.', readiness) },
    }),
  },
};

function operation(operationId: string, tag: string, summary: string, rest: object) {
  return { operationId, summary, tags: [tag], security: [], ...rest };
}

function takes(schema: z.ZodType) {
  return { requestBody: { required: true, content: { 'application/json': { schema } } } };
}

function json(description: string, schema: z.ZodType) {
  return { description, content: { 'application/json': { schema } } };
}

function text(description: string) {
  return { description, content: { 'text/plain': { schema: z.string() } } };
}

function refused(...statuses: number[]) {
  const content = { 'application/problem+json': { schema: problemShape } };
  return Object.fromEntries(statuses.map(status => [status, { description: 'Refused.', content }]));
}
