import type { AuthPath } from '@pagekeeper/domain/users/auth-inputs';
import * as z from 'zod';
import { authPaths } from './auth-paths.ts';

/** How a route of better-auth's is limited. */
export interface AuthRoute {
  /** Takes a password, a code or a token, or sends a mail: few a minute and network. */
  isAttempt: boolean;
  /** Whose password a request guesses at: wrong guesses lead to growing pauses. */
  guessesAt?: 'address' | 'own';
  /** The field of its body that names who gets a mail by it: few an hour and address. */
  mailsTo?: 'email' | 'newEmail';
  /** What a success says; nothing where it leads on. */
  answer: z.ZodType;
}

type Limited = Omit<AuthRoute, 'answer'>;

const attempt: Limited = { isAttempt: true };
const mail: Limited = { isAttempt: true, mailsTo: 'email' };
/** With a stolen session alone, nobody shall find the password out. */
const ownPassword: Limited = { isAttempt: true, guessesAt: 'own' };

const limited: Partial<Record<`/auth${AuthPath | '/verify-email'}`, Limited>> = {
  '/auth/sign-up/email': attempt,
  '/auth/sign-in/email': { isAttempt: true, guessesAt: 'address' },
  '/auth/send-verification-email': mail,
  '/auth/verify-email': attempt,
  '/auth/request-password-reset': mail,
  '/auth/reset-password': attempt,
  '/auth/change-password': ownPassword,
  '/auth/change-email': { ...ownPassword, mailsTo: 'newEmail' },
  '/auth/two-factor/enable': ownPassword,
  '/auth/two-factor/verify-totp': attempt,
  '/auth/two-factor/verify-backup-code': attempt,
  '/auth/two-factor/generate-backup-codes': ownPassword,
  '/auth/two-factor/disable': ownPassword,
};

/**
 * What is documented, by method and path, letter by letter: another spelling of a path is another path. better-auth has
 * more routes, which nobody asked for: they are a 404, and so is what a new release adds.
 */
export function findAuthRoute(method: string, path: string): AuthRoute | undefined {
  if (!Object.hasOwn(authPaths, path) || !Object.hasOwn(authPaths[path]!, method.toLowerCase())) return undefined;
  const { responses } = authPaths[path]![method.toLowerCase()]!;
  return {
    isAttempt: false,
    ...limited[path as keyof typeof limited],
    answer: responses[200]?.content['application/json'].schema ?? z.never(),
  };
}
