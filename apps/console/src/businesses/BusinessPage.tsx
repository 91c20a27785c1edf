import { Group } from '@mantine/core';
import { useSuspenseQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import { IntegrationList } from '../integrations/IntegrationList.tsx';
import { useOrganization } from '../organizations/organization.ts';
import { AppLink, ButtonLink } from '../shell/AppLink.tsx';
import { Icon } from '../shell/Icon.tsx';
import { PageHead } from '../shell/PageHead.tsx';
import { BusinessMenu } from './BusinessMenu.tsx';
import { businessQuery } from './business.ts';

// When it is wanted: who comes to look needs no form.
const BusinessDialog = lazy(async () => ({ default: (await import('./BusinessDialog.tsx')).BusinessDialog }));

export function BusinessPage() {
  const { organization, business: id } = useParams({ from: '/in/organizations/$organization/businesses/$business' });
  const { mayWrite } = useOrganization();
  const navigate = useNavigate();
  const [isChanging, setChanging] = useState(false);
  const { data: business } = useSuspenseQuery(businessQuery(organization, id));
  const connect = mayWrite && (
    <ButtonLink
      to="/organizations/$organization/connect"
      params={{ organization }}
      search={{ business: business.id }}
      leftSection={<Icon name="plus" />}
    >
      Connect a page
    </ButtonLink>
  );
  return (
    <>
      <AppLink to="/organizations/$organization/businesses" params={{ organization }} size="sm">
        Businesses
      </AppLink>
      <PageHead
        title={<bdi>{business.name}</bdi>}
        name={business.name}
        lead={business.description && <bdi>{business.description}</bdi>}
        action={
          <Group gap="xs" wrap="nowrap">
            {connect}
            <BusinessMenu
              business={business}
              change={() => setChanging(true)}
              leave={() => navigate({ to: '/organizations/$organization/businesses', params: { organization } })}
            />
          </Group>
        }
      />
      {isChanging && (
        <Suspense fallback={null}>
          <BusinessDialog business={business} close={() => setChanging(false)} />
        </Suspense>
      )}
      <IntegrationList business={business.id} connect={connect} />
    </>
  );
}
