import * as z from 'zod';
import { authPaths } from './auth/auth-paths.ts';
import { html, json, operation, refused, text } from './http/operation.ts';

const readiness = z.object({
  status: z.enum(['ready', 'not ready']),
  checks: z.object({ database: z.boolean(), queue: z.boolean().optional() }),
});

const signedRequest = {
  required: true,
  content: {
    'application/x-www-form-urlencoded': { schema: z.object({ signed_request: z.string() }) },
  },
};

/** What the api answers beside its endpoints, for the OpenAPI document: accounts, health, and Facebook's webhook. */
export const plainPaths = {
  ...authPaths,
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
        413: { description: 'Over 1 MB, or 100,000 values and keys. No body.' },
        415: { description: 'An unknown encoding. No body.' },
        503: { description: 'Not committed: send it again. No body.' },
      },
    }),
  },
  '/facebook/oauth/callback': {
    get: operation('finish_connection', 'Facebook', "Where Facebook's login dialog sends the browser back to", {
      requestParams: {
        query: z.object({
          state: z.string(),
          code: z.string().optional(),
          error: z.string().optional(),
          error_code: z.string().optional(),
          error_description: z.string().optional(),
          error_reason: z.string().optional(),
        }),
      },
      responses: {
        200: html('What came of it; `GET …/facebook/connections/{connection}` says the same.'),
        401: html('Nobody is signed in in this browser.'),
        403: html('Begun by somebody else, or in another session; or a role that may not connect pages.'),
        404: html('No connection that this person began.'),
        409: html('Used before.'),
        410: html('The dialog was open for too long.'),
        ...refused(429),
      },
    }),
  },
  '/facebook/deauthorize': {
    post: operation('deauthorize', 'Facebook', 'A person removed our app', {
      requestBody: signedRequest,
      responses: {
        200: json('Their logins are revoked.', z.object({ success: z.literal(true) })),
        ...refused(400, 413, 415, 429, 503),
      },
    }),
  },
  '/facebook/data-deletion': {
    post: operation('delete_data', 'Facebook', 'A person wants their data deleted', {
      requestBody: signedRequest,
      responses: {
        200: json('Deleted. The address shows it.', z.object({ url: z.string(), confirmation_code: z.string() })),
        ...refused(400, 413, 415, 429, 503),
      },
    }),
  },
  '/facebook/data-deletion/{code}': {
    get: operation('data_deletion', 'Facebook', 'What became of a deletion', {
      requestParams: { path: z.object({ code: z.string() }) },
      responses: { 200: html('When it was done.'), 404: html('No such code.'), ...refused(429) },
    }),
  },
  '/ops/queues': {
    get: operation('queues', 'Staff', 'Where the queues are seen, for staff', {
      responses: { 302: { description: "To the console's page of them." }, ...refused(401, 403, 429, 503) },
    }),
  },
  '/healthz': {
    get: operation('healthz', 'Health', 'The process lives', {
      responses: { 200: json('It lives.', z.object({ status: z.literal('ok') })) },
    }),
  },
  '/readyz': {
    get: operation('readyz', 'Health', 'Database, schema and queue answer', {
      requestParams: { query: z.object({ exclude: z.literal('queue').optional() }) },
      responses: { 200: json('Ready.', readiness), 503: json('Not ready.', readiness) },
    }),
  },
};
