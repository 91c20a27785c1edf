import { queryOptions } from '@tanstack/react-query';
import { api, ask } from '../api.ts';

export const overviewQuery = (organization: string) =>
  queryOptions({
    queryKey: ['organizations', organization, 'overview'],
    queryFn: () => ask(api.GET('/v1/organizations/{organization}/overview', { params: { path: { organization } } })),
  });
