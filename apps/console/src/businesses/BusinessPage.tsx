import { useSuspenseQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { IntegrationList } from '../integrations/IntegrationList.tsx';
import { useOrganization } from '../organizations/organization.ts';
import { AppLink, ButtonLink } from '../shell/AppLink.tsx';
import { Icon } from '../shell/Icon.tsx';
import { PageHead } from '../shell/PageHead.tsx';
import { businessQuery } from './business.ts';

export function BusinessPage() {
  const { organization, business: id } = useParams({ from: '/in/organizations/$organization/businesses/$business' });
  const { mayWrite } = useOrganization();
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
        action={connect}
      />
      <IntegrationList business={business.id} connect={connect} />
    </>
  );
}
