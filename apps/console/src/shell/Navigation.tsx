import { useQuery } from '@tanstack/react-query';
import { Link, type LinkProps } from '@tanstack/react-router';
import { useMe } from '../account/me.ts';
import { organizationQuery, rightsOf } from '../organizations/organization.ts';
import { Icon, type IconName } from './Icon.tsx';
import style from './shell.module.css';

interface Entry {
  label: string;
  icon: IconName;
  to: NonNullable<LinkProps['to']>;
  exact?: boolean;
}

const ofPages: Entry[] = [
  { label: 'Overview', icon: 'home', to: '/organizations/$organization', exact: true },
  { label: 'Pages', icon: 'page', to: '/organizations/$organization/integrations' },
  { label: 'Businesses', icon: 'shop', to: '/organizations/$organization/businesses' },
  { label: 'Events', icon: 'bolt', to: '/organizations/$organization/events' },
  { label: 'Replies', icon: 'reply', to: '/organizations/$organization/replies' },
];

const ofEverybody: Entry[] = [{ label: 'Members', icon: 'people', to: '/organizations/$organization/members' }];

const ofManagers: Entry[] = [
  ...ofEverybody,
  { label: 'Invitations', icon: 'mail', to: '/organizations/$organization/invitations' },
  { label: 'API keys', icon: 'key', to: '/organizations/$organization/api-keys' },
  { label: 'Audit log', icon: 'list', to: '/organizations/$organization/audit' },
  { label: 'Settings', icon: 'settings', to: '/organizations/$organization/settings' },
];

const ofStaff: Entry[] = [
  { label: 'All organizations', icon: 'shield', to: '/admin', exact: true },
  { label: 'All users', icon: 'people', to: '/admin/users' },
  { label: 'System health', icon: 'pulse', to: '/admin/system' },
  { label: 'Queues', icon: 'layers', to: '/admin/queues' },
];

/** Where one can go from here. */
export function Navigation({ organization }: { organization: string | undefined }) {
  const { is_staff } = useMe();
  const { data } = useQuery({ ...organizationQuery(organization ?? ''), enabled: organization !== undefined });
  const ofOrganization = data && rightsOf(data).mayManage ? ofManagers : ofEverybody;
  return (
    <nav aria-label="Main">
      {organization && (
        <>
          <Entries entries={ofPages} organization={organization} />
          <p className={style.heading}>Organization</p>
          <Entries entries={ofOrganization} organization={organization} />
        </>
      )}
      {is_staff && (
        <>
          <p className={style.heading}>Staff</p>
          <Entries entries={ofStaff} />
        </>
      )}
    </nav>
  );
}

function Entries({ entries, organization }: { entries: Entry[]; organization?: string }) {
  return (
    <ul className={style.list}>
      {entries.map(({ label, icon, to, exact = false }) => (
        <li key={label}>
          <Link
            to={to}
            {...(organization && { params: { organization } })}
            className={style.link}
            activeOptions={{ exact, includeSearch: false }}
          >
            <Icon name={icon} />
            {label}
          </Link>
        </li>
      ))}
    </ul>
  );
}
