import type { Organization } from '@pagekeeper/client';
import { queryOptions, useSuspenseQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import type { Me } from '../account/me.ts';
import { api, ask } from '../api.ts';

/** An organization by its slug or id. */
export const organizationQuery = (organization: string) =>
  queryOptions({
    queryKey: ['organizations', organization, 'self'],
    queryFn: () => ask(api.GET('/v1/organizations/{organization}', { params: { path: { organization } } })),
    staleTime: 60_000,
  });

/** The organization in the address: its slug, for paths of the API too. */
export const useSlug = (): string => useParams({ from: '/in/organizations/$organization' }).organization;

/** What somebody of this role may do (domain's access/authorize.ts); the API has the last word. */
export interface Rights {
  /** Change and connect. */
  mayWrite: boolean;
  /** People, keys, settings, the audit log. */
  mayManage: boolean;
  isOwner: boolean;
}

export const rightsOf = ({ role }: Pick<Organization, 'role'>): Rights => ({
  mayWrite: role !== 'MEMBER',
  mayManage: role === 'OWNER' || role === 'ADMIN',
  isOwner: role === 'OWNER',
});

/** The organization in the address, read before its pages are shown; and what the person may do in it. */
export function useOrganization(): Organization & Rights {
  const { data } = useSuspenseQuery(organizationQuery(useSlug()));
  return { ...data, ...rightsOf(data) };
}

const key = 'pagekeeper.organization';

/** Where the person was last, for the next visit. */
export const rememberOrganization = (slug: string): void => localStorage.setItem(key, slug);

/** The one that they were in last, or any. */
export function organizationFor({ organizations }: Pick<Me, 'organizations'>): string | undefined {
  const last = localStorage.getItem(key);
  return organizations.find(({ slug }) => slug === last)?.slug ?? organizations[0]?.slug;
}
