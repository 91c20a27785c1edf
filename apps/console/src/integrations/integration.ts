import { queryOptions, useQuery } from '@tanstack/react-query';
import { api, ask, askTagged } from '../api.ts';
import type { Option } from '../resource/Filters.tsx';

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

/** The pages to choose from, with the one that is asked for: an older one is read by its id. */
export function useIntegrationOptions(organization: string, asked: string | undefined): Option[] {
  const { data: newest } = useQuery(integrationsQuery(organization));
  const isMissing = asked !== undefined && newest !== undefined && !newest.some(({ id }) => id === asked);
  const { data: other } = useQuery({
    ...integrationQuery(organization, asked ?? ''),
    enabled: isMissing,
    refetchInterval: false,
  });
  const pages = [...(newest ?? []), ...(isMissing && other ? [other.data] : [])];
  return pages.map(({ id, name }) => ({ value: id, label: name }));
}
