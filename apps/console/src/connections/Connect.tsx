import { List, NativeSelect, Paper, Skeleton, Stack, Text } from '@mantine/core';
import { useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { maxListed, useBusinessChoice } from '../businesses/business.ts';
import { useOrganization, useSlug } from '../organizations/organization.ts';
import { EmptyState } from '../resource/EmptyState.tsx';
import { ButtonLink } from '../shell/AppLink.tsx';
import { Notice } from '../shell/Notice.tsx';
import { PageHead } from '../shell/PageHead.tsx';
import { ProblemNotice } from '../shell/Problem.tsx';
import { FacebookButton } from './FacebookButton.tsx';
import { Steps } from './Steps.tsx';

/** The first step: for which business, and what Facebook will ask. */
export function Connect() {
  const organization = useSlug();
  const { mayWrite } = useOrganization();
  const { business: asked } = useSearch({ from: '/in/organizations/$organization/connect' });
  const { businesses, error, isPending } = useBusinessChoice(organization, asked);
  return (
    <>
      <PageHead
        title="Connect a page"
        lead="Log in to Facebook, choose the pages, and Pagekeeper keeps them connected."
      />
      {!mayWrite ? (
        <Notice tone="info">Connecting pages takes an admin or owner of this organization.</Notice>
      ) : error ? (
        // Never for another one instead.
        <ProblemNotice error={error} />
      ) : isPending ? (
        <Skeleton height={320} radius="lg" maw={620} />
      ) : businesses.length === 0 ? (
        <EmptyState
          title="First, a business"
          detail="Pages belong to a business. Make one, then come back."
          action={
            <ButtonLink to="/organizations/$organization/businesses" params={{ organization }}>
              To the businesses
            </ButtonLink>
          }
        />
      ) : (
        <Start businesses={businesses} first={asked ?? businesses[0]!.id} />
      )}
    </>
  );
}

function Start({ businesses, first }: { businesses: { id: string; name: string }[]; first: string }) {
  const organization = useSlug();
  const [business, setBusiness] = useState(first);
  return (
    <>
      <Steps at={0} />
      <Paper withBorder radius="lg" p="lg" maw={620}>
        <Stack gap="lg">
          <NativeSelect
            label="For the business"
            {...(businesses.length >= maxListed && {
              description: 'The newest hundred. For another one, begin on its own page.',
            })}
            value={business}
            onChange={event => setBusiness(event.currentTarget.value)}
            data={businesses.map(({ id, name }) => ({ value: id, label: name }))}
          />
          <Stack gap="xs">
            <Text fw={600}>What happens next</Text>
            <List spacing={6}>
              <List.Item>Facebook opens. Log in as somebody who manages the page.</List.Item>
              <List.Item>Choose the pages, and leave every permission on: each one is needed.</List.Item>
              <List.Item>You come back here and pick which of them to connect.</List.Item>
            </List>
          </Stack>
          <FacebookButton begin={{ organization, business }}>Go on to Facebook</FacebookButton>
        </Stack>
      </Paper>
    </>
  );
}
