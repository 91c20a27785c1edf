import { setTimeout as sleep } from 'node:timers/promises';
import type { BetterAuthOptions, GenericEndpointContext } from 'better-auth';
import { createAuthMiddleware, getAuthoritativeSessionFromCtx } from 'better-auth/api';
import { verifyJWT } from 'better-auth/crypto';
import type * as z from 'zod';
import { DomainError, notFound } from '../errors.ts';
import type { MailPost } from '../mail/mail-post.ts';
import { type AuthPath, authInputs } from './auth-inputs.ts';
import { tellOldAddress } from './auth-mails.ts';
import type { Credentials } from './credentials.ts';

export interface AuthHookOptions {
  post: MailPost;
  credentials: Credentials;
  publicUrl: string;
}

/** Asking for a new password takes at least so long, whether there is an account or not (which costs a row). */
const resetFloorMs = 500;

type Step = (ctx: GenericEndpointContext, body: never) => Promise<Record<string, unknown> | undefined>;
type Body<Path extends AuthPath> = z.output<(typeof authInputs)[Path]>;

/** Where we ask for more than better-auth does: strict bodies, a password here and there, and what ends with what. */
export function authHooks({ post, credentials, publicUrl }: AuthHookOptions) {
  const floors = new WeakMap<Request, Promise<void>>();

  const before: Partial<Record<AuthPath | '/verify-email', Step>> = {
    '/change-password': async () => ({ revokeOtherSessions: true }),

    // With a session alone, nobody takes an account over.
    '/change-email': async (ctx, { newEmail }: Body<'/change-email'>) => {
      const { user } = await sessionOf(ctx);
      await ctx.context.password.checkPassword(user.id, ctx);
      if (newEmail.toLowerCase() !== user.email) post.send(tellOldAddress(user.email, newEmail, publicUrl));
      return undefined;
    },

    // A session's token is in its cookie and nowhere else: others are named by their id.
    '/revoke-session': async (ctx, { id }: Body<'/revoke-session'>) => {
      const { user } = await sessionOf(ctx);
      const token = await credentials.findSessionToken(user.id, id);
      if (!token) throw notFound('session');
      return { token };
    },

    '/verify-email': async ctx => {
      const change = await changeOf(ctx);
      if (change) await refuseStaleChange(ctx, change);
      return undefined;
    },

    '/request-password-reset': async ctx => {
      if (ctx.request) floors.set(ctx.request, sleep(resetFloorMs));
      return undefined;
    },
  };

  return {
    hooks: {
      before: createAuthMiddleware(async ctx => {
        const input = authInputs[ctx.path as AuthPath] as z.ZodObject | undefined;
        const body = input?.parse(ctx.body ?? {}) ?? {};
        const more = await before[ctx.path as keyof typeof before]?.(ctx as GenericEndpointContext, body as never);
        return input ? { context: { body: { ...body, ...more } } } : undefined;
      }),
      after: createAuthMiddleware(async ctx => {
        if (ctx.request) await floors.get(ctx.request);
      }),
    },
    databaseHooks: {
      user: {
        update: {
          // An address changes only by the link that was sent to the new one.
          before: async data => (data.email ? { data: { ...data, emailVerified: true } } : undefined),
          after: async (user, ctx) => {
            if (ctx?.path === '/verify-email' && (await changeOf(ctx))) await credentials.forgetLinks(user.id);
          },
        },
      },
      account: {
        update: {
          after: async (account, ctx) => {
            if (ctx?.path === '/change-password') await credentials.forgetLinks(account.userId);
          },
        },
      },
      session: {
        create: {
          // Who left for good while they signed in.
          before: async (session, ctx) => {
            const user = await ctx?.context.internalAdapter.findUserById(session.userId);
            return user?.email.includes('@') ? undefined : false;
          },
        },
      },
    },
  } satisfies Pick<BetterAuthOptions, 'hooks' | 'databaseHooks'>;
}

async function sessionOf(ctx: GenericEndpointContext) {
  const session = await getAuthoritativeSessionFromCtx(ctx);
  if (!session) throw new DomainError('unauthenticated', 'Sign in first.');
  return session;
}

interface AddressChange {
  userId: string;
  updateTo: string;
  /** When the link was made, in seconds. */
  iat: number;
}

/** The change of address that a link asks for, if its token is genuine and is for one. */
async function changeOf(ctx: GenericEndpointContext): Promise<AddressChange | null> {
  const payload = await verifyJWT<Partial<AddressChange>>(String(ctx.query?.token), ctx.context.secret);
  const { userId, updateTo, iat } = payload ?? {};
  return userId && updateTo && iat ? { userId, updateTo, iat } : null;
}

/**
 * A new password makes links for another address useless: whoever made one with the old password shall not take the
 * account along. And an address that somebody has by now is not taken.
 */
async function refuseStaleChange(ctx: GenericEndpointContext, { userId, updateTo, iat }: AddressChange): Promise<void> {
  const { internalAdapter } = ctx.context;
  const account = await internalAdapter.findCredentialAccount(userId);
  const madeBefore = (iat + 1) * 1_000;
  if (!account || account.updatedAt.getTime() >= madeBefore || (await internalAdapter.findUserByEmail(updateTo))) {
    throw new DomainError('invalid_request', 'The link is not valid any more.');
  }
}
