import { Text } from '@mantine/core';
import type { components } from '@pagekeeper/client';
import { useSlug } from '../organizations/organization.ts';
import type { Columns } from '../resource/ListTable.tsx';
import { AppLink } from '../shell/AppLink.tsx';
import { formatDateTime, sentence } from '../shell/format.ts';
import { Badge, type Tone } from '../shell/Notice.tsx';

export type PageEvent = components['schemas']['Event'];

export const eventStates: Record<PageEvent['state'], { label: string; tone: Tone }> = {
  pending: { label: 'Waiting', tone: 'info' },
  parked: { label: 'Parked until reconnected', tone: 'warn' },
  processed: { label: 'Done', tone: 'good' },
  ignored: { label: 'Nothing to do', tone: 'idle' },
  failed: { label: 'Failed', tone: 'bad' },
};

export const eventKinds: PageEvent['kind'][] = [
  'comment.add',
  'comment.edit',
  'comment.remove',
  'comment.hide',
  'comment.unhide',
  'post',
  'reaction',
  'mention',
  'message',
  'message.echo',
  'message.edit',
  'message.reaction',
  'message.delivery',
  'message.read',
  'postback',
  'referral',
  'optin',
  'handover',
  'standby',
  'policy',
  'unknown',
];

const words: Partial<Record<PageEvent['kind'], string>> = {
  'comment.add': 'New comment',
  'comment.edit': 'Comment edited',
  'comment.remove': 'Comment removed',
  'comment.hide': 'Comment hidden',
  'comment.unhide': 'Comment shown again',
  message: 'New message',
  'message.echo': 'Message of the page',
  'message.delivery': 'Message delivered',
  'message.read': 'Message read',
};

export const kindWords = (kind: PageEvent['kind']): string => words[kind] ?? sentence(kind);

export const eventColumns: Columns<PageEvent> = [
  { id: 'kind', header: 'What', cell: ({ row }) => <EventLink event={row.original} /> },
  {
    id: 'state',
    header: 'State',
    cell: ({ row: { original } }) => {
      const { tone, label } = eventStates[original.state];
      return <Badge tone={tone}>{label}</Badge>;
    },
  },
  {
    id: 'reason',
    header: 'Why',
    cell: ({ row: { original } }) => <Text size="sm">{original.reason ?? '–'}</Text>,
  },
  {
    id: 'when',
    header: 'When',
    cell: ({ row: { original } }) => (
      <Text size="sm" style={{ whiteSpace: 'nowrap' }}>
        {formatDateTime(original.occurred_at ?? original.received_at)}
      </Text>
    ),
  },
];

function EventLink({ event: { id, kind } }: { event: PageEvent }) {
  const organization = useSlug();
  return (
    <AppLink to="/organizations/$organization/events/$event" params={{ organization, event: id }} fw={600}>
      {kindWords(kind)}
    </AppLink>
  );
}
