import type { Business } from '@pagekeeper/client';
import { queryOptions, useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { api, ask } from '../api.ts';

/** So many are listed to choose from. */
export const maxListed = 100;

/** The active businesses, to choose one of: the newest hundred. */
export const businessesQuery = (organization: string) =>
  queryOptions({
    queryKey: ['organizations', organization, 'businesses', 'to choose'],
    queryFn: async () => {
      const params = { path: { organization }, query: { limit: maxListed } };
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

interface Choice {
  businesses: Business[];
  /** Why the one that is asked for is not among them. */
  error: Error | null;
  /** It is being read. */
  isPending: boolean;
}

/** The businesses to choose from, with the one that is asked for: an older one is read by its id. */
export function useBusinessChoice(organization: string, asked: string | undefined): Choice {
  const { data: newest } = useSuspenseQuery(businessesQuery(organization));
  const isMissing = asked !== undefined && !newest.some(({ id }) => id === asked);
  const { data, error } = useQuery({ ...businessQuery(organization, asked ?? ''), enabled: isMissing });
  return {
    businesses: isMissing && data ? [...newest, data] : newest,
    error: isMissing ? error : null,
    isPending: isMissing && !data && !error,
  };
}
