import type { components } from '@pagekeeper/client';
import { queryOptions, useSuspenseQuery } from '@tanstack/react-query';
import { api, ask } from '../api.ts';
import { queryClient } from '../query-client.ts';
import { forgetUnsaved } from '../resource/unsaved.ts';

export type Me = components['schemas']['Me'];

const key = ['me'] as const;

/** Who is signed in. The API says 401 for nobody. */
export const meQuery = queryOptions({
  queryKey: key,
  queryFn: async () => {
    const me = (await ask(api.GET('/v1/me'))) as Me;
    const before = queryClient.getQueryData<Me>(key);
    // Nothing that was shown is theirs.
    if (before && before.id !== me.id) {
      forgetUnsaved();
      location.assign('/');
    }
    return me;
  },
  staleTime: 60_000,
  // Somebody else may have signed in meanwhile, in another tab.
  refetchOnWindowFocus: 'always',
});

/** Within pages for people who are signed in. */
export const useMe = (): Me => useSuspenseQuery(meQuery).data;
