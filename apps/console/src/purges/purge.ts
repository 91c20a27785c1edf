import { queryOptions } from '@tanstack/react-query';
import { api, ask } from '../api.ts';

/** How far a purge has come, read anew until it is finished. */
export const purgeQuery = (purge: string) =>
  queryOptions({
    queryKey: ['purges', purge],
    queryFn: () => ask(api.GET('/v1/purges/{purge}', { params: { path: { purge } } })),
    refetchInterval: ({ state }) => (state.data?.state === 'finished' ? false : 1_000),
  });
