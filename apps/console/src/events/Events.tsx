import { Button, Group } from '@mantine/core';
import { useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { api, ask } from '../api.ts';
import { useIntegrationOptions } from '../integrations/integration.ts';
import { useOrganization, useSlug } from '../organizations/organization.ts';
import { type Filter, filterWords, type Option } from '../resource/Filters.tsx';
import type { Search } from '../resource/list-search.ts';
import { ResourceList } from '../resource/ResourceList.tsx';
import { Icon } from '../shell/Icon.tsx';
import { PageHead } from '../shell/PageHead.tsx';
import { eventColumns, eventKinds, eventStates, kindWords, type PageEvent } from './columns.tsx';
import { Live } from './Live.tsx';
import { useLiveEvents } from './live.ts';
import { ReplayDialog } from './ReplayDialog.tsx';

export function Events() {
  const organization = useSlug();
  const { mayWrite } = useOrganization();
  const search = useSearch({ from: '/in/organizations/$organization/events' });
  const isOpen = useLiveEvents(organization, { isWanted: !search.cursor });
  const pages = useIntegrationOptions(organization, search.integration);
  const [replaying, setReplaying] = useState<{ filter: Search; words: string[] } | null>(null);
  const filters = filtersOf(pages);
  return (
    <>
      <PageHead
        title="Events"
        lead="What Facebook told of your pages, newest first."
        action={
          <Group>
            {!search.cursor && <Live isOpen={isOpen} />}
            {mayWrite && (
              <Button
                variant="default"
                leftSection={<Icon name="refresh" />}
                onClick={() => setReplaying({ filter: search, words: filterWords(filters, search) })}
              >
                Replay these
              </Button>
            )}
          </Group>
        }
      />
      <ResourceList<PageEvent>
        label="events"
        queryKey={['organizations', organization, 'events']}
        load={query =>
          ask(
            api.GET('/v1/organizations/{organization}/events', {
              params: { path: { organization }, query: query as object },
            }),
          )
        }
        columns={eventColumns}
        filters={filters}
        empty={{
          title: 'Nothing came yet',
          detail: 'As soon as somebody writes to a connected page, it shows up here by itself.',
        }}
        refetchMs={isOpen ? 60_000 : 10_000}
      />
      {replaying && <ReplayDialog {...replaying} close={() => setReplaying(null)} />}
    </>
  );
}

const filtersOf = (pages: readonly Option[]): Filter[] => [
  { name: 'integration', label: 'Page', kind: 'choice', options: pages },
  {
    name: 'kind',
    label: 'What',
    kind: 'choice',
    options: eventKinds.map(value => ({ value, label: kindWords(value) })),
  },
  {
    name: 'state',
    label: 'State',
    kind: 'choice',
    options: Object.entries(eventStates).map(([value, { label }]) => ({ value, label })),
  },
  { name: 'since', label: 'From', kind: 'day' },
  { name: 'until', label: 'Before', kind: 'day' },
];
