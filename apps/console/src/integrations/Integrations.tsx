import { useSearch } from '@tanstack/react-router';
import { useBusinessChoice } from '../businesses/business.ts';
import { useOrganization, useSlug } from '../organizations/organization.ts';
import { ButtonLink } from '../shell/AppLink.tsx';
import { Icon } from '../shell/Icon.tsx';
import { PageHead } from '../shell/PageHead.tsx';
import { IntegrationList } from './IntegrationList.tsx';

export function Integrations() {
  const organization = useSlug();
  const { mayWrite } = useOrganization();
  const { business } = useSearch({ from: '/in/organizations/$organization/integrations' });
  const { businesses } = useBusinessChoice(organization, business);
  const connect = mayWrite && (
    <ButtonLink to="/organizations/$organization/connect" params={{ organization }} leftSection={<Icon name="plus" />}>
      Connect a page
    </ButtonLink>
  );
  const options = businesses.map(({ id, name }) => ({ value: id, label: name }));
  return (
    <>
      <PageHead title="Pages" lead="Every Facebook Page that Pagekeeper keeps connected for you." action={connect} />
      <IntegrationList
        connect={connect}
        filters={
          options.length > 1 || business ? [{ name: 'business', label: 'Business', kind: 'choice', options }] : []
        }
      />
    </>
  );
}
