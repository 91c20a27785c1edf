import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent as lazy,
  Outlet,
  parseSearchWith,
  redirect,
  stringifySearchWith,
} from '@tanstack/react-router';
import { meQuery } from './account/me.ts';
import { OrganizationFrame } from './organizations/OrganizationFrame.tsx';
import { organizationQuery, rememberOrganization } from './organizations/organization.ts';
import { isSignedOut, queryClient } from './query-client.ts';
import { words } from './resource/list-search.ts';
import { goHome, Landing } from './shell/Home.tsx';
import { NotFound } from './shell/NotFound.tsx';
import { PageError } from './shell/PageError.tsx';
import { PageSkeleton } from './shell/PageSkeleton.tsx';

type Search = Record<string, unknown>;

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound });

/** What the console asks of somebody who is not signed in: to sign in, and then to come back. */
async function signedIn({ location }: { location: { href: string } }): Promise<void> {
  try {
    await queryClient.ensureQueryData(meQuery);
  } catch (error) {
    throw isSignedOut(error) ? redirect({ to: '/sign-in', search: { next: location.href } }) : error;
  }
}

// Before somebody is signed in. The first part of each path stands in the api's list too (src/console/mount-console.ts).
const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  validateSearch: (search: Search) => words(search, 'result'),
  beforeLoad: ({ search }) => goHome(search.result),
  component: Landing,
});
const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: (search: Search) => words(search, 'next'),
  component: lazy(() => import('./account/SignIn.tsx'), 'SignIn'),
});
const signUp = createRoute({
  getParentRoute: () => root,
  path: '/sign-up',
  validateSearch: (search: Search) => words(search, 'next'),
  component: lazy(() => import('./account/SignUp.tsx'), 'SignUp'),
});
const forgotPassword = createRoute({
  getParentRoute: () => root,
  path: '/forgot-password',
  component: lazy(() => import('./account/ForgotPassword.tsx'), 'ForgotPassword'),
});
const resetPassword = createRoute({
  getParentRoute: () => root,
  path: '/reset-password',
  validateSearch: (search: Search) => words(search, 'result'),
  component: lazy(() => import('./account/ResetPassword.tsx'), 'ResetPassword'),
});
const verifyEmail = createRoute({
  getParentRoute: () => root,
  path: '/verify-email',
  validateSearch: (search: Search) => words(search, 'result'),
  component: lazy(() => import('./account/VerifyEmail.tsx'), 'VerifyEmail'),
});
const acceptInvitation = createRoute({
  getParentRoute: () => root,
  path: '/accept-invitation',
  component: lazy(() => import('./invitations/AcceptInvitation.tsx'), 'AcceptInvitation'),
});

/** Everything for people who are signed in, in one frame. */
const inside = createRoute({
  getParentRoute: () => root,
  id: 'in',
  beforeLoad: signedIn,
  component: lazy(() => import('./shell/Shell.tsx'), 'Shell'),
});

const account = createRoute({
  getParentRoute: () => inside,
  path: '/account',
  component: lazy(() => import('./account/Account.tsx'), 'Account'),
});
const organizations = createRoute({
  getParentRoute: () => inside,
  path: '/organizations',
  validateSearch: (search: Search) => words(search, 'active', 'cursor'),
  component: lazy(() => import('./organizations/Organizations.tsx'), 'Organizations'),
});
const newOrganization = createRoute({
  getParentRoute: () => inside,
  path: '/organizations/new',
  component: lazy(() => import('./organizations/NewOrganization.tsx'), 'NewOrganization'),
});
/** Of an organization that is being erased: it has no pages of its own any more. */
const purge = createRoute({
  getParentRoute: () => inside,
  path: '/purges/$purge',
  component: lazy(() => import('./purges/PurgePage.tsx'), 'PurgePage'),
});

const remember = ({ loaderData: slug }: { loaderData?: string }): void => {
  if (slug) rememberOrganization(slug);
};

/** One organization, read before any page of it is shown. */
const organization = createRoute({
  getParentRoute: () => inside,
  path: '/organizations/$organization',
  loader: async ({ params }) => (await queryClient.ensureQueryData(organizationQuery(params.organization))).slug,
  // Not when it is loaded: that is done too for a link that somebody points at.
  onEnter: remember,
  onStay: remember,
  component: OrganizationFrame,
});
const overview = createRoute({
  getParentRoute: () => organization,
  path: '/',
  // Where Facebook's dialog ends: apps/api/src/connections/oauth-callback.ts.
  validateSearch: (search: Search) => words(search, 'connection'),
  beforeLoad: ({ params, search }) => {
    if (!search.connection) return;
    const to = '/organizations/$organization/connect/$connection' as const;
    throw redirect({ to, params: { ...params, connection: search.connection }, replace: true });
  },
  component: lazy(() => import('./overview/Overview.tsx'), 'Overview'),
});
const businesses = createRoute({
  getParentRoute: () => organization,
  path: '/businesses',
  validateSearch: (search: Search) => words(search, 'active', 'cursor'),
  component: lazy(() => import('./businesses/Businesses.tsx'), 'Businesses'),
});
const business = createRoute({
  getParentRoute: () => organization,
  path: '/businesses/$business',
  validateSearch: (search: Search) => words(search, 'active', 'status', 'cursor'),
  component: lazy(() => import('./businesses/BusinessPage.tsx'), 'BusinessPage'),
});
const integrations = createRoute({
  getParentRoute: () => organization,
  path: '/integrations',
  validateSearch: (search: Search) => words(search, 'active', 'status', 'business', 'cursor'),
  component: lazy(() => import('./integrations/Integrations.tsx'), 'Integrations'),
});
const integration = createRoute({
  getParentRoute: () => organization,
  path: '/integrations/$integration',
  validateSearch: (search: Search) => words(search, 'tab'),
  component: lazy(() => import('./integrations/IntegrationPage.tsx'), 'IntegrationPage'),
});
const connect = createRoute({
  getParentRoute: () => organization,
  path: '/connect',
  validateSearch: (search: Search) => words(search, 'business'),
  component: lazy(() => import('./connections/Connect.tsx'), 'Connect'),
});
const connection = createRoute({
  getParentRoute: () => organization,
  path: '/connect/$connection',
  component: lazy(() => import('./connections/ConnectionPage.tsx'), 'ConnectionPage'),
});
const events = createRoute({
  getParentRoute: () => organization,
  path: '/events',
  validateSearch: (search: Search) => words(search, 'integration', 'kind', 'state', 'since', 'until', 'cursor'),
  component: lazy(() => import('./events/Events.tsx'), 'Events'),
});
const event = createRoute({
  getParentRoute: () => organization,
  path: '/events/$event',
  component: lazy(() => import('./events/EventPage.tsx'), 'EventPage'),
});
const replies = createRoute({
  getParentRoute: () => organization,
  path: '/replies',
  validateSearch: (search: Search) => words(search, 'integration', 'kind', 'state', 'cursor'),
  component: lazy(() => import('./replies/Replies.tsx'), 'Replies'),
});
const members = createRoute({
  getParentRoute: () => organization,
  path: '/members',
  validateSearch: (search: Search) => words(search, 'active', 'role', 'cursor'),
  component: lazy(() => import('./members/Members.tsx'), 'Members'),
});
const invitations = createRoute({
  getParentRoute: () => organization,
  path: '/invitations',
  validateSearch: (search: Search) => words(search, 'state', 'cursor'),
  component: lazy(() => import('./invitations/Invitations.tsx'), 'Invitations'),
});
const apiKeys = createRoute({
  getParentRoute: () => organization,
  path: '/api-keys',
  validateSearch: (search: Search) => words(search, 'active', 'cursor'),
  component: lazy(() => import('./api-keys/ApiKeys.tsx'), 'ApiKeys'),
});
const audit = createRoute({
  getParentRoute: () => organization,
  path: '/audit',
  validateSearch: (search: Search) => words(search, 'actor', 'action', 'since', 'until', 'cursor'),
  component: lazy(() => import('./audit/Audit.tsx'), 'Audit'),
});
const settings = createRoute({
  getParentRoute: () => organization,
  path: '/settings',
  component: lazy(() => import('./organizations/Settings.tsx'), 'Settings'),
});

const staff = createRoute({
  getParentRoute: () => inside,
  path: '/admin',
  validateSearch: (search: Search) => words(search, 'active', 'search', 'cursor'),
  component: lazy(() => import('./staff/StaffOrganizations.tsx'), 'StaffOrganizations'),
});
const staffUsers = createRoute({
  getParentRoute: () => inside,
  path: '/admin/users',
  validateSearch: (search: Search) => words(search, 'search', 'cursor'),
  component: lazy(() => import('./staff/StaffUsers.tsx'), 'StaffUsers'),
});
const staffSystem = createRoute({
  getParentRoute: () => inside,
  path: '/admin/system',
  component: lazy(() => import('./staff/System.tsx'), 'System'),
});
const staffQueues = createRoute({
  getParentRoute: () => inside,
  path: '/admin/queues',
  validateSearch: (search: Search) => words(search, 'cursor'),
  component: lazy(() => import('./staff/Queues.tsx'), 'Queues'),
});

export const router = createRouter({
  routeTree: root.addChildren([
    home,
    signIn,
    signUp,
    forgotPassword,
    resetPassword,
    verifyEmail,
    acceptInvitation,
    inside.addChildren([
      account,
      organizations,
      newOrganization,
      organization.addChildren([
        overview,
        businesses,
        business,
        integrations,
        integration,
        connect,
        connection,
        events,
        event,
        replies,
        members,
        invitations,
        apiKeys,
        audit,
        settings,
      ]),
      purge,
      staff,
      staffUsers,
      staffSystem,
      staffQueues,
    ]),
  ]),
  // Every word in an address is a word: "1" is not a number here.
  parseSearch: parseSearchWith(value => value),
  stringifySearch: stringifySearchWith(String),
  defaultErrorComponent: PageError,
  defaultNotFoundComponent: NotFound,
  defaultPendingComponent: PageSkeleton,
  defaultPreload: 'intent',
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
