import { Code, Stack, Text } from '@mantine/core';
import type { components } from '@pagekeeper/client';
import { useQuery } from '@tanstack/react-query';
import { api, ask } from '../api.ts';
import { useSlug } from '../organizations/organization.ts';
import type { Columns } from '../resource/ListTable.tsx';
import { ResourceList } from '../resource/ResourceList.tsx';
import { formatDateTime } from '../shell/format.ts';
import { PageHead } from '../shell/PageHead.tsx';
import { actions, wordsOf } from './actions.ts';
import { Subject } from './Subject.tsx';

type AuditEvent = components['schemas']['AuditEvent'];

/** Members by their id, to name who acted. */
function usePeople(): Map<string, string> {
  const organization = useSlug();
  const { data } = useQuery({
    queryKey: ['organizations', organization, 'members', 'to name'],
    queryFn: () =>
      ask(
        api.GET('/v1/organizations/{organization}/members', {
          params: { path: { organization }, query: { limit: 100, active: 'any' } },
        }),
      ),
  });
  return new Map(data?.data.map(({ user_id, name, email }) => [user_id, name ?? email ?? user_id]));
}

export function Audit() {
  const organization = useSlug();
  const people = [...usePeople()].map(([value, label]) => ({ value, label }));
  return (
    <>
      <PageHead title="Audit log" lead="Who did what, and when. Nothing in here can be changed or removed." />
      <ResourceList<AuditEvent>
        label="entries"
        queryKey={['organizations', organization, 'audit']}
        load={query =>
          ask(
            api.GET('/v1/organizations/{organization}/audit-events', {
              params: { path: { organization }, query: query as object },
            }),
          )
        }
        columns={columns}
        filters={[
          { name: 'actor', label: 'Who', kind: 'choice', options: people },
          { name: 'action', label: 'What', kind: 'choice', options: actions },
          { name: 'since', label: 'From', kind: 'day' },
          { name: 'until', label: 'Before', kind: 'day' },
        ]}
        empty={{ title: 'Nothing yet', detail: 'What people and programs do here is written down from now on.' }}
      />
    </>
  );
}

const columns: Columns<AuditEvent> = [
  {
    id: 'action',
    header: 'What',
    cell: ({ row: { original } }) => (
      <Stack gap={2}>
        <Text fw={600}>{wordsOf(original.action)}</Text>
        <Subject subject={original.subject} />
        {original.reason && (
          <Text size="sm" component="bdi">
            “{original.reason}”
          </Text>
        )}
        <Changes changes={original.changes} />
      </Stack>
    ),
  },
  { id: 'actor', header: 'Who', cell: ({ row }) => <Actor actor={row.original.actor} /> },
  {
    id: 'when',
    header: 'When',
    cell: ({ row }) => (
      <Text size="sm" style={{ whiteSpace: 'nowrap' }}>
        {formatDateTime(row.original.created_at)}
      </Text>
    ),
  },
];

function Actor({ actor: { type, id } }: { actor: AuditEvent['actor'] }) {
  const name = usePeople().get(id);
  const kind = { user: 'A person', staff: 'Staff of Pagekeeper', api_key: 'A program', job: 'Pagekeeper itself' }[type];
  return name ? <bdi>{name}</bdi> : <span title={id}>{kind}</span>;
}

function Changes({ changes }: { changes: Record<string, unknown> }) {
  const entries = Object.entries(changes);
  if (entries.length === 0) return null;
  return (
    <details>
      <summary>Details</summary>
      <Code block mt={6} style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
        {entries.map(([name, value]) => `${name}: ${JSON.stringify(value)}`).join('\n')}
      </Code>
    </details>
  );
}
