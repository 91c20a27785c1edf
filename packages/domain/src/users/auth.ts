import { hash, verify } from '@node-rs/argon2';
import type { Log } from '@pagekeeper/runtime/log';
import type { Secret } from '@pagekeeper/runtime/secret';
import { betterAuth } from 'better-auth';
import { verifyJWT } from 'better-auth/crypto';
import { twoFactor } from 'better-auth/plugins/two-factor';
import pg from 'pg';
import { patience } from '../database/patience.ts';
import type { PoolUse } from '../database/pool-use.ts';
import { newId } from '../ids.ts';
import { createMailPost, type MailPost } from '../mail/mail-post.ts';
import type { Mailer } from '../mail/mailer.ts';
import { authHooks } from './auth-hooks.ts';
import { passwordLength } from './auth-inputs.ts';
import { chooseNewPassword, confirmAddress, confirmNewAddress } from './auth-mails.ts';
import { createCredentials } from './credentials.ts';
import { createSessionReader } from './session-reader.ts';

export interface AuthOptions {
  /** The URL of `pagekeeper_auth`, which sees nothing but its own schema. */
  databaseUrl: string;
  secret: Secret;
  /** Where browsers find the api, "https://app.example". */
  publicUrl: string;
  mailer: Pick<Mailer, 'send'>;
  log: Log;
  /** Off behind PgBouncer in transaction mode. */
  namedStatements: boolean;
}

export type Auth = ReturnType<typeof createAuth>['auth'];

const sessionSeconds = 7 * 86_400;
const renewAfterSeconds = 86_400;

/** Accounts, sessions and the second factor (better-auth), in our table and column names, with argon2id passwords. */
export function createAuth(options: AuthOptions) {
  const { databaseUrl, secret, publicUrl, log, namedStatements } = options;
  const isSecure = publicUrl.startsWith('https://');
  // Over https, names that browsers take from this host alone, and from no page without https.
  const cookiePrefix = `${isSecure ? '__Host-' : ''}pagekeeper`;
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 8, ...patience });
  pool.on('error', error => log.warn({ err: error }, 'auth connection lost'));
  const post = createMailPost(options);
  const credentials = createCredentials(pool);
  const auth = betterAuth({
    appName: 'Pagekeeper',
    baseURL: publicUrl,
    basePath: '/auth',
    secret: secret.reveal(),
    database: pool,
    telemetry: { enabled: false },
    // The api limits, for all its processes together and by the sender that it believes in.
    rateLimit: { enabled: false },
    ...tables,
    ...authHooks({ post, credentials, publicUrl }),
    emailAndPassword: {
      enabled: true,
      minPasswordLength: passwordLength.min,
      maxPasswordLength: passwordLength.max,
      password: { hash: password => hash(password), verify: ({ hash: stored, password }) => verify(stored, password) },
      resetPasswordTokenExpiresIn: 3_600,
      revokeSessionsOnPasswordReset: true,
      sendResetPassword: async ({ user, url, token }) => {
        post.send(chooseNewPassword(user.email, linkOf(publicUrl, '/auth/reset-password', token, url)));
      },
      onPasswordReset: async ({ user }) => {
        await credentials.forgetLinks(user.id);
        // Whoever reads the address's mail owns it; a stranger may have made the account, to keep them out by their own app.
        await credentials.dropUnprovenFactor(user.id);
      },
    },
    emailVerification: {
      sendOnSignUp: true,
      expiresIn: 86_400,
      sendVerificationEmail: sendConfirmation(options, post),
    },
    plugins: [twoFactor(twoFactorTables)],
    advanced: {
      cookiePrefix,
      defaultCookieAttributes: { secure: isSecure },
      // It would write __Secure- before the prefix.
      useSecureCookies: false,
      database: { generateId: () => newId() },
      // The api looks at Origin itself. Where links may lead is looked at here: said, since tests would leave it out.
      disableCSRFCheck: true,
      disableOriginCheck: false,
    },
    // What is broken throws, and is told and logged by whoever catches it. A wrong password it calls an error.
    onAPIError: { throw: true },
    logger: { level: 'warn', log: (_level, message) => log.info(`auth: ${message}`) },
  });
  const readSession = createSessionReader({
    pool,
    secret,
    namedStatements,
    cookieName: `${cookiePrefix}.session_token`,
    renewBeforeEndSeconds: sessionSeconds - renewAfterSeconds,
  });
  const close = async () => {
    await post.close();
    await pool.end();
  };
  const poolUse = (): PoolUse => ({
    used: pool.totalCount - pool.idleCount,
    free: pool.idleCount,
    waiting: pool.waitingCount,
  });
  return { auth, credentials, readSession, poolUse, close };
}

/** The mail to a new account's address, or to the one that an account is to have. */
function sendConfirmation({ publicUrl, secret }: AuthOptions, post: MailPost) {
  return async ({ user, url, token }: { user: { email: string }; url: string; token: string }) => {
    const link = linkOf(publicUrl, '/auth/verify-email', token, url);
    const payload = await verifyJWT<{ updateTo?: string }>(token, secret.reveal());
    post.send(payload?.updateTo ? confirmNewAddress(user.email, link) : confirmAddress(user.email, link));
  };
}

/** A link for a mail. Its token is in the query, which is in no log of ours. */
function linkOf(publicUrl: string, path: string, token: string, url: string): string {
  const link = new URL(path, publicUrl);
  const callbackURL = new URL(url).searchParams.get('callbackURL') || '/';
  link.search = new URLSearchParams({ token, callbackURL }).toString();
  return link.href;
}

const times = { createdAt: 'created_at', updatedAt: 'updated_at' };

const tables = {
  user: {
    modelName: 'users',
    fields: { emailVerified: 'email_verified', ...times },
    changeEmail: { enabled: true },
  },
  session: {
    modelName: 'sessions',
    expiresIn: sessionSeconds,
    updateAge: renewAfterSeconds,
    // For what wants a fresh sign-in, the password is asked for. Whoever finds a stranger among them may end any.
    freshAge: 0,
    fields: { userId: 'user_id', expiresAt: 'expires_at', ipAddress: 'ip_address', userAgent: 'user_agent', ...times },
  },
  account: {
    modelName: 'accounts',
    fields: {
      userId: 'user_id',
      accountId: 'account_id',
      providerId: 'provider_id',
      accessToken: 'access_token',
      refreshToken: 'refresh_token',
      idToken: 'id_token',
      accessTokenExpiresAt: 'access_token_expires_at',
      refreshTokenExpiresAt: 'refresh_token_expires_at',
      ...times,
    },
  },
  verification: {
    modelName: 'verifications',
    // A stolen database holds no link that works.
    storeIdentifier: 'hashed',
    fields: { expiresAt: 'expires_at', ...times },
  },
} as const;

const twoFactorTables = {
  schema: {
    user: { fields: { twoFactorEnabled: 'two_factor_enabled' } },
    twoFactor: {
      modelName: 'two_factors',
      fields: {
        userId: 'user_id',
        backupCodes: 'backup_codes',
        failedVerificationCount: 'failed_verification_count',
        lockedUntil: 'locked_until',
      },
    },
  },
};
