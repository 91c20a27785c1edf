import { queryOptions } from '@tanstack/react-query';
import { api, ask, askTagged } from '../api.ts';

const path = '/v1/organizations/{organization}/integrations/{integration}';

/** One page with the version that was read; a deactivated one too. */
export const integrationQuery = (organization: string, integration: string) =>
  queryOptions({
    queryKey: ['organizations', organization, 'integrations', integration, 'self'],
    queryFn: () => {
      const params = { path: { organization, integration }, query: { active: 'any' as const } };
      return askTagged(api.GET(path, { params }));
    },
    refetchInterval: 10_000,
  });

export const healthQuery = (organization: string, integration: string) =>
  queryOptions({
    queryKey: ['organizations', organization, 'integrations', integration, 'health'],
    queryFn: () => ask(api.GET(`${path}/health`, { params: { path: { organization, integration } } })),
    refetchInterval: 10_000,
  });

/** All pages, to name and to choose them: the newest hundred. */
export const integrationsQuery = (organization: string) =>
  queryOptions({
    queryKey: ['organizations', organization, 'integrations', 'to choose'],
    queryFn: async () => {
      const params = { path: { organization }, query: { limit: 100, active: 'any' as const } };
      return (await ask(api.GET('/v1/organizations/{organization}/integrations', { params }))).data;
    },
  });
