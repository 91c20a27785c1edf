import { hash, verify } from '@node-rs/argon2';
import type { Log } from '@pagekeeper/runtime/log';
import type { Secret } from '@pagekeeper/runtime/secret';
import { betterAuth } from 'better-auth';
import pg from 'pg';
import { patience } from '../database/patience.ts';
import { newId } from '../ids.ts';
import { createSessionReader } from './session-reader.ts';

export interface AuthOptions {
  /** The URL of `pagekeeper_auth`, which sees nothing but its own schema. */
  databaseUrl: string;
  secret: Secret;
  /** Where browsers find the api, "https://app.example". */
  publicUrl: string;
  log: Log;
  /** Off behind PgBouncer in transaction mode. */
  namedStatements: boolean;
}

export type Auth = ReturnType<typeof createAuth>['auth'];

const cookiePrefix = 'pagekeeper';
const sessionSeconds = 7 * 86_400;
const renewAfterSeconds = 86_400;

/** Sign-up, sign-in and sessions (better-auth), in our table and column names, with argon2id passwords. */
export function createAuth({ databaseUrl, secret, publicUrl, log, namedStatements }: AuthOptions) {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 8, ...patience });
  pool.on('error', error => log.warn({ err: error }, 'auth connection lost'));
  const auth = betterAuth({
    appName: 'Pagekeeper',
    baseURL: publicUrl,
    basePath: '/auth',
    secret: secret.reveal(),
    database: pool,
    telemetry: { enabled: false },
    // The api limits, for all its processes together and by the sender that it believes in.
    rateLimit: { enabled: false },
    emailAndPassword: {
      enabled: true,
      minPasswordLength: 10,
      maxPasswordLength: 200,
      password: { hash: password => hash(password), verify: ({ hash: stored, password }) => verify(stored, password) },
    },
    user: {
      modelName: 'users',
      fields: { emailVerified: 'email_verified', createdAt: 'created_at', updatedAt: 'updated_at' },
    },
    session: {
      modelName: 'sessions',
      expiresIn: sessionSeconds,
      updateAge: renewAfterSeconds,
      fields: {
        userId: 'user_id',
        expiresAt: 'expires_at',
        ipAddress: 'ip_address',
        userAgent: 'user_agent',
        createdAt: 'created_at',
        updatedAt: 'updated_at',
      },
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
        createdAt: 'created_at',
        updatedAt: 'updated_at',
      },
    },
    verification: {
      modelName: 'verifications',
      fields: { expiresAt: 'expires_at', createdAt: 'created_at', updatedAt: 'updated_at' },
    },
    advanced: { cookiePrefix, database: { generateId: () => newId() } },
    // It calls a wrong password an error; what is broken throws, and is logged by whoever catches it.
    logger: { level: 'warn', log: (_level, message) => log.info(`auth: ${message}`) },
  });
  const readSession = createSessionReader({
    pool,
    secret,
    namedStatements,
    cookieName: `${publicUrl.startsWith('https://') ? '__Secure-' : ''}${cookiePrefix}.session_token`,
    renewBeforeEndSeconds: sessionSeconds - renewAfterSeconds,
  });
  return { auth, readSession, close: () => pool.end() };
}
