import { queryOptions } from '@tanstack/react-query';
import { api, ask } from '../api.ts';

/** The active businesses, to choose one of: the newest hundred. */
export const businessesQuery = (organization: string) =>
  queryOptions({
    queryKey: ['organizations', organization, 'businesses', 'to choose'],
    queryFn: async () => {
      const params = { path: { organization }, query: { limit: 100 } };
      return (await ask(api.GET('/v1/organizations/{organization}/businesses', { params }))).data;
    },
  });

export const businessQuery = (organization: string, business: string) =>
  queryOptions({
    queryKey: ['organizations', organization, 'businesses', business],
    queryFn: () =>
      ask(
        api.GET('/v1/organizations/{organization}/businesses/{business}', {
          params: { path: { organization, business } },
        }),
      ),
  });
