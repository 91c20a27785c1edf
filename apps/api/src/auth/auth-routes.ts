import { authPaths } from './auth-paths.ts';

/** How a route of better-auth's is limited. */
export interface AuthRoute {
  /** Takes a password, a code or a token, or sends a mail: few a minute and network. */
  isAttempt: boolean;
  /** Whose secret a request guesses at, told by its body: wrong guesses lead to growing pauses. */
  guessesAt?: (body: Record<string, unknown>) => unknown;
}

const attempt: AuthRoute = { isAttempt: true };

const limited: Record<string, AuthRoute> = {
  '/auth/sign-up/email': attempt,
  '/auth/sign-in/email': { isAttempt: true, guessesAt: ({ email }) => email },
  '/auth/send-verification-email': attempt,
  '/auth/verify-email': attempt,
  '/auth/request-password-reset': attempt,
  '/auth/reset-password': attempt,
  '/auth/change-password': attempt,
  '/auth/change-email': attempt,
  '/auth/two-factor/enable': attempt,
  '/auth/two-factor/verify-totp': attempt,
  '/auth/two-factor/verify-backup-code': attempt,
  '/auth/two-factor/generate-backup-codes': attempt,
  '/auth/two-factor/disable': attempt,
};

/**
 * What is documented, by method and path, letter by letter: another spelling of a path is another path. better-auth has
 * more routes, which nobody asked for: they are a 404, and so is what a new release adds.
 */
export function findAuthRoute(method: string, path: string): AuthRoute | undefined {
  if (!Object.hasOwn(authPaths, path) || !Object.hasOwn(authPaths[path]!, method.toLowerCase())) return undefined;
  return limited[path] ?? { isAttempt: false };
}
