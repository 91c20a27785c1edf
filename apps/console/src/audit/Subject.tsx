import { Text } from '@mantine/core';
import type { components } from '@pagekeeper/client';
import { useQuery } from '@tanstack/react-query';
import { businessesQuery } from '../businesses/business.ts';
import { integrationsQuery } from '../integrations/integration.ts';
import { useSlug } from '../organizations/organization.ts';
import { AppLink } from '../shell/AppLink.tsx';

/** What a line of the log is about, with the way to it where it has a page of its own. */
export function Subject({ subject: { type, id } }: { subject: components['schemas']['AuditEvent']['subject'] }) {
  if (type === 'integration') return <OfPage id={id} />;
  if (type === 'business') return <OfBusiness id={id} />;
  if (type === 'event') return <OfEvent id={id} />;
  if (type === 'organization') return null;
  return (
    <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
      {id}
    </Text>
  );
}

function OfPage({ id }: { id: string }) {
  const organization = useSlug();
  const { data } = useQuery(integrationsQuery(organization));
  const name = data?.find(page => page.id === id)?.name;
  return (
    <AppLink
      to="/organizations/$organization/integrations/$integration"
      params={{ organization, integration: id }}
      size="sm"
    >
      <bdi>{name ?? id}</bdi>
    </AppLink>
  );
}

function OfBusiness({ id }: { id: string }) {
  const organization = useSlug();
  const { data } = useQuery(businessesQuery(organization));
  const name = data?.find(business => business.id === id)?.name;
  // A deactivated one has no page; one of many that is older has one, and is not named here.
  if (data && !name) return <Text size="sm">{id}</Text>;
  return (
    <AppLink to="/organizations/$organization/businesses/$business" params={{ organization, business: id }} size="sm">
      <bdi>{name ?? id}</bdi>
    </AppLink>
  );
}

function OfEvent({ id }: { id: string }) {
  const organization = useSlug();
  return (
    <AppLink to="/organizations/$organization/events/$event" params={{ organization, event: id }} size="sm">
      {id}
    </AppLink>
  );
}
