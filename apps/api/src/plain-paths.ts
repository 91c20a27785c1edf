import { z } from 'zod';
import { authPaths } from './auth/auth-paths.ts';
import { json, operation, text } from './http/operation.ts';

const readiness = z.object({
  status: z.enum(['ready', 'not ready']),
  checks: z.object({ database: z.boolean(), queue: z.boolean() }),
});

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
