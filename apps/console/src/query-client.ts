import { QueryClient } from '@tanstack/react-query';
import { Refusal } from './api.ts';

const worthTrying = new Set(['unavailable', 'over_limit']);

/** What may succeed by itself is tried again; a refusal is shown at once. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      retry: (failures, error) => failures < 2 && error instanceof Refusal && worthTrying.has(error.code),
      retryDelay: (_attempt, error) => 1_000 * Math.min((error instanceof Refusal && error.retryAfter) || 1, 10),
    },
  },
});

/** Of the cache: what was opened at somebody's wish. Reading it again would write another line into the audit log. */
export const opened = 'opened';

/** Reads anew what is shown, after something was changed. */
export const refresh = (): Promise<void> =>
  queryClient.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== opened });
