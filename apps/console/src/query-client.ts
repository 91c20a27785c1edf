import { QueryCache, QueryClient } from '@tanstack/react-query';
import { Refusal } from './api.ts';
import { hasUnsaved } from './resource/unsaved.ts';

const worthTrying = new Set(['unavailable', 'over_limit']);

/** What may succeed by itself is tried again; a refusal is shown at once. */
export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: (error, { queryKey }) => signInAgain(error, queryKey) }),
  defaultOptions: {
    // Without a network too: who is told that nobody can be reached knows more than who waits.
    queries: {
      networkMode: 'always',
      staleTime: 10_000,
      retry: (failures, error) => failures < 2 && error instanceof Refusal && worthTrying.has(error.code),
      retryDelay: (_attempt, error) => 1_000 * Math.min((error instanceof Refusal && error.retryAfter) || 1, 10),
    },
  },
});

/**
 * A session that has ended meanwhile. Who never had one is sent by the router (`me`); who has typed something is told
 * when they send it, and keeps it.
 */
function signInAgain(error: unknown, [first]: readonly unknown[]): void {
  if (isSignedOut(error) && first !== 'me' && !hasUnsaved()) goToSignIn();
}

export const isSignedOut = (error: unknown): boolean => error instanceof Refusal && error.code === 'unauthenticated';

/** And back here afterwards. */
export const goToSignIn = (): void =>
  location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);

/** Of the cache: what was opened at somebody's wish. Reading it again would write another line into the audit log. */
export const opened = 'opened';

/** Reads anew what is shown, after something was changed. */
export const refresh = (): Promise<void> =>
  queryClient.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== opened });
