import { useSearch } from '@tanstack/react-router';
import { api, ask } from '../api.ts';
import { Live } from '../events/Live.tsx';
import { useLiveEvents } from '../events/live.ts';
import { useIntegrationOptions } from '../integrations/integration.ts';
import { useSlug } from '../organizations/organization.ts';
import { ResourceList } from '../resource/ResourceList.tsx';
import { PageHead } from '../shell/PageHead.tsx';
import { type Reply, replyKinds, replyStates, useReplyColumns } from './columns.tsx';

export function Replies() {
  const organization = useSlug();
  const isOpen = useLiveEvents(organization);
  const { integration } = useSearch({ from: '/in/organizations/$organization/replies' });
  const pages = useIntegrationOptions(organization, integration);
  const { columns, dialog } = useReplyColumns();
  return (
    <>
      <PageHead
        title="Replies"
        lead="What was answered by itself, and what was not, each with its reason."
        action={<Live isOpen={isOpen} />}
      />
      <ResourceList<Reply>
        label="replies"
        queryKey={['organizations', organization, 'replies']}
        load={query =>
          ask(
            api.GET('/v1/organizations/{organization}/replies', {
              params: { path: { organization }, query: query as object },
            }),
          )
        }
        columns={columns}
        filters={[
          { name: 'integration', label: 'Page', kind: 'choice', options: pages },
          {
            name: 'state',
            label: 'State',
            kind: 'choice',
            options: Object.entries(replyStates).map(([value, { label }]) => ({ value, label })),
          },
          {
            name: 'kind',
            label: 'What',
            kind: 'choice',
            options: Object.entries(replyKinds).map(([value, label]) => ({ value, label })),
          },
        ]}
        empty={{
          title: 'Nothing was answered yet',
          detail: 'Turn replies on for a page: in shadow first, to see what would be sent.',
        }}
        refetchMs={isOpen ? 60_000 : 10_000}
      />
      {dialog}
    </>
  );
}
