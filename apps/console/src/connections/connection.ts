import type { components } from '@pagekeeper/client';
import { queryOptions } from '@tanstack/react-query';
import { api, ask } from '../api.ts';

export type Connection = components['schemas']['Connection'];
export type FoundPage = Connection['pages'][number];
export type ConnectedPage = components['schemas']['ConnectedPages']['pages'][number];

/** A way through Facebook's dialog; looked at again while the dialog is open elsewhere. */
export const connectionQuery = (organization: string, connection: string) =>
  queryOptions({
    queryKey: ['organizations', organization, 'connections', connection],
    queryFn: () => {
      const params = { path: { organization, connection } };
      return ask(api.GET('/v1/organizations/{organization}/facebook/connections/{connection}', { params }));
    },
    refetchInterval: query => (query.state.data?.state === 'waiting' ? 3_000 : false),
  });
