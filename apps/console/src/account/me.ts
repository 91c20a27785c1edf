import type { components } from '@pagekeeper/client';
import { queryOptions, useSuspenseQuery } from '@tanstack/react-query';
import { api, ask } from '../api.ts';

export type Me = components['schemas']['Me'];

/** Who is signed in. The API says 401 for nobody. */
export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: async () => (await ask(api.GET('/v1/me'))) as Me,
  staleTime: 60_000,
  // Somebody else may have signed in meanwhile, in another tab.
  refetchOnWindowFocus: 'always',
});

/** Within pages for people who are signed in. */
export const useMe = (): Me => useSuspenseQuery(meQuery).data;
