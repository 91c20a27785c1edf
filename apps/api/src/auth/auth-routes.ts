/** A route of better-auth's that the api lets through. */
export interface AuthRoute {
  method: 'GET' | 'POST';
  /** As in plain-paths.ts, which documents it. */
  path: string;
  /** Signing in or up, resetting, a second factor: few a minute and network. */
  isAttempt?: boolean;
  /** Whose secret a request guesses at, told by its body: wrong guesses lead to growing pauses. */
  guessesAt?: (body: Record<string, unknown>) => unknown;
}

/** All of them. better-auth has more, which nobody asked for: they are a 404, and so is what a new release adds. */
export const authRoutes: readonly AuthRoute[] = [
  { method: 'POST', path: '/auth/sign-up/email', isAttempt: true },
  { method: 'POST', path: '/auth/sign-in/email', isAttempt: true, guessesAt: ({ email }) => email },
  { method: 'POST', path: '/auth/sign-out' },
  { method: 'GET', path: '/auth/get-session' },
];

/** By method and path, letter by letter: another spelling of a path is another path. */
export const findAuthRoute = (method: string, path: string): AuthRoute | undefined =>
  authRoutes.find(route => route.method === method && route.path === path);
