import { queryOptions } from '@tanstack/react-query';
import { api, ask } from '../api.ts';

/** How the system is, read anew every few seconds. */
export const systemQuery = queryOptions({
  queryKey: ['staff', 'system'],
  queryFn: () => ask(api.GET('/v1/staff/system')),
  refetchInterval: 5_000,
});
