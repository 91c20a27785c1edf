import { Button, Paper, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { BusinessDialog } from '../businesses/BusinessDialog.tsx';
import { businessesQuery } from '../businesses/business.ts';
import { useOrganization, useSlug } from '../organizations/organization.ts';
import { ButtonLink } from '../shell/AppLink.tsx';
import { Badge, Notice } from '../shell/Notice.tsx';
import style from './overview.module.css';

/** What a new organization does first. */
export function FirstSteps() {
  const organization = useSlug();
  const { mayWrite } = useOrganization();
  const { data: businesses = [] } = useQuery(businessesQuery(organization));
  const [isAdding, setAdding] = useState(false);
  const hasBusiness = businesses.length > 0;
  if (!mayWrite)
    return <Notice tone="info">No page is connected yet. An admin or owner of this organization can.</Notice>;
  return (
    <>
      <Paper withBorder radius="lg">
        <ol className={style.rows}>
          <li>
            <div>
              <Text fw={600} size="lg">
                1. Make a business
              </Text>
              <Text c="dimmed">It holds the pages that belong together: a brand, a shop, a client.</Text>
            </div>
            {hasBusiness ? (
              <Badge tone="good">Done</Badge>
            ) : (
              <Button onClick={() => setAdding(true)}>New business</Button>
            )}
          </li>
          <li>
            <div>
              <Text fw={600} size="lg">
                2. Connect its Facebook Page
              </Text>
              <Text c="dimmed">Log in to Facebook, choose the pages, done.</Text>
            </div>
            {hasBusiness && (
              <ButtonLink to="/organizations/$organization/connect" params={{ organization }}>
                Connect a page
              </ButtonLink>
            )}
          </li>
        </ol>
      </Paper>
      {isAdding && <BusinessDialog close={() => setAdding(false)} />}
    </>
  );
}
