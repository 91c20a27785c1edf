import { type AuthPath, authInputs } from '@pagekeeper/domain/users/auth-inputs';
import * as z from 'zod';
import { json, operation, refused } from '../http/operation.ts';

const user = z
  .object({
    id: z.uuid(),
    name: z.string(),
    email: z.email(),
    emailVerified: z.boolean(),
    image: z.string().nullable(),
    twoFactorEnabled: z.boolean(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'User' });
const signedIn = z.object({ user });
const done = z.object({ status: z.boolean(), message: z.string().optional() });
const secondStep = z.object({ twoFactorRedirect: z.literal(true), twoFactorMethods: z.array(z.string()) });
const session = z
  .object({
    id: z.uuid(),
    userId: z.uuid(),
    ipAddress: z.string().nullable(),
    userAgent: z.string().nullable(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    expiresAt: z.iso.datetime(),
  })
  .meta({ id: 'Session' });
const backupCodes = z.array(z.string()).describe('Each works once. Shown here and never again.');

const tag = 'Sessions';

/** What all of them refuse with: too many requests, and what they need is away. */
const ofAll = [429, 503];
/** A body that cannot be read or taken, and another site's page. */
const ofPosts = [400, 403, 413, 415, ...ofAll];

/** better-auth's paths, for the OpenAPI document. Their bodies are domain's. */
export const authPaths = byPath([
  post('/sign-up/email', 'sign_up', 'Make an account, and sign in', [409], {
    200: json('Signed in: the session is in the cookie. A mail asks to confirm the address.', signedIn),
  }),
  post('/sign-in/email', 'sign_in', 'Sign in', [401], {
    200: json('Signed in: the session is in the cookie. Or a second step is needed.', z.union([signedIn, secondStep])),
  }),
  post('/sign-out', 'sign_out', 'End the session', [], {
    200: json('The session is over.', z.object({ success: z.boolean() })),
  }),
  get('/get-session', 'get_session', 'Who is signed in', {
    200: json('Null for nobody.', z.object({ user, session }).nullable()),
  }),

  post('/send-verification-email', 'send_verification_email', 'Ask for the mail that confirms an address', [], {
    200: json('A mail goes out if an account has this address, not confirmed yet.', done),
  }),
  link('/verify-email', 'verify_email', 'Where that mail leads', 'email_verified'),
  post('/request-password-reset', 'request_password_reset', 'Ask for a new password', [], {
    200: json('A mail goes out if an account has this address.', done),
  }),
  link('/reset-password', 'open_password_reset', 'Where that mail leads', 'choose_password'),
  post('/reset-password', 'reset_password', 'Set a new password: all sessions end', [], {
    200: json('Sign in with the new password now.', done),
  }),
  post('/change-password', 'change_password', 'Change your password: all other sessions end', [401], {
    200: json('This session goes on under a new id.', signedIn),
  }),
  post('/change-email', 'change_email', 'Change your e-mail address', [401], {
    200: json('A mail to the new address asks to confirm it; one to the old address tells of it.', done),
  }),

  get('/list-sessions', 'list_sessions', 'Your sessions', { 200: json('Those that last.', z.array(session)) }, [401]),
  post('/revoke-session', 'revoke_session', 'End one of your sessions', [401, 404], {
    200: json('It is over.', done),
  }),
  post('/revoke-other-sessions', 'revoke_other_sessions', 'End all of your sessions but this one', [401], {
    200: json('They are over.', done),
  }),

  post('/two-factor/enable', 'enable_two_factor', 'Begin with a second factor', [401, 409], {
    200: json(
      'For an authenticator app. From the first code that is verified on, signing in takes a second step.',
      z.object({ method: z.literal('totp'), totpURI: z.string(), backupCodes }),
    ),
  }),
  post('/two-factor/verify-totp', 'verify_totp', 'The second step, or the first code: one of the app', [401], {
    200: json('Signed in: the session is in the cookie.', signedIn),
  }),
  post('/two-factor/verify-backup-code', 'verify_backup_code', 'The second step: a backup code', [401, 409], {
    200: json('Signed in: the session is in the cookie. The code is spent.', signedIn),
  }),
  post('/two-factor/generate-backup-codes', 'generate_backup_codes', 'New backup codes', [401], {
    200: json('The old ones work no more.', z.object({ status: z.boolean(), backupCodes })),
  }),
  post('/two-factor/disable', 'disable_two_factor', 'No second factor any more', [401], {
    200: json('The password alone is enough. This session goes on under a new id.', done),
  }),
]);

interface Operation {
  responses: Record<number, { content: { 'application/json': { schema: z.ZodType } } }>;
}

type Described = [path: string, method: 'get' | 'post', operation: object];

function byPath(operations: readonly Described[]): Record<string, Record<string, Operation>> {
  const paths: Record<string, Record<string, Operation>> = {};
  for (const [path, method, described] of operations) {
    paths[`/auth${path}`] = { ...paths[`/auth${path}`], [method]: described as Operation };
  }
  return paths;
}

function post(path: AuthPath, id: string, summary: string, refusals: number[], responses: object): Described {
  const schema: z.ZodObject = authInputs[path];
  const requestBody = { required: true, content: { 'application/json': { schema } } };
  const takesBody = Object.keys(schema.shape).length > 0;
  const answers = { ...responses, ...refused(...ofPosts, ...refusals) };
  return [path, 'post', operation(id, tag, summary, { ...(takesBody && { requestBody }), responses: answers })];
}

function get(path: string, id: string, summary: string, responses: object, refusals: number[] = []): Described {
  return [path, 'get', operation(id, tag, summary, { responses: { ...responses, ...refused(...ofAll, ...refusals) } })];
}

function link(path: string, id: string, summary: string, result: string): Described {
  const query = z.object({ token: z.string(), callbackURL: z.string().optional() });
  const description = `To \`callbackURL\`, with \`result=${result}\` or \`result=invalid_link\`.`;
  return [
    path,
    'get',
    operation(id, tag, summary, {
      requestParams: { query },
      responses: { 302: { description }, ...refused(...ofAll) },
    }),
  ];
}
