import { Box } from '@mantine/core';
import { Outlet, useMatch } from '@tanstack/react-router';
import { AppLink } from '../shell/AppLink.tsx';
import { Notice } from '../shell/Notice.tsx';
import { useOrganization, useSlug } from './organization.ts';

/** Around every page of an organization: what holds for all of them is said on each. */
export function OrganizationFrame() {
  const organization = useSlug();
  const { replies_paused, mayManage } = useOrganization();
  // There the switch itself says it.
  const settings = useMatch({ from: '/in/organizations/$organization/settings', shouldThrow: false });
  return (
    <>
      {replies_paused && !settings && (
        <Box mb="lg">
          <Notice tone="warn" title="All replies are paused">
            Nobody is answered until they go on.{' '}
            <AppLink to="/organizations/$organization/settings" params={{ organization }}>
              {mayManage ? 'Go on replying in the settings' : 'See the settings'}
            </AppLink>
          </Notice>
        </Box>
      )}
      <Outlet />
    </>
  );
}
