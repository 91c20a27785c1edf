import { Text } from '@mantine/core';
import type { components } from '@pagekeeper/client';
import { type ReactNode, useMemo, useState } from 'react';
import { useSlug } from '../organizations/organization.ts';
import { FormDialog } from '../resource/FormDialog.tsx';
import type { Columns } from '../resource/ListTable.tsx';
import { AppLink } from '../shell/AppLink.tsx';
import { formatDateTime } from '../shell/format.ts';
import { Badge, type Tone } from '../shell/Notice.tsx';
import { ReplyWords } from './ReplyWords.tsx';

export type Reply = components['schemas']['Reply'];

export const replyStates: Record<Reply['state'], { label: string; tone: Tone }> = {
  sent: { label: 'Sent', tone: 'good' },
  shadow: { label: 'Shadow: not sent', tone: 'info' },
  skipped: { label: 'Not answered', tone: 'idle' },
  claimed: { label: 'About to be sent', tone: 'info' },
  sending: { label: 'Being sent', tone: 'info' },
  unknown: { label: 'In doubt', tone: 'warn' },
  rejected: { label: 'Refused by Facebook', tone: 'bad' },
};

export const replyKinds: Record<Reply['kind'], string> = {
  public_comment: 'Answer to a comment',
  private_comment: 'Private answer to a comment',
  message: 'Answer to a message',
};

/** The columns of a list of replies, and the dialog with the words of one: not in its row, which moves on meanwhile. */
export function useReplyColumns(): { columns: Columns<Reply>; dialog: ReactNode } {
  const [text, setText] = useState<string | null>(null);
  const columns = useMemo(() => columnsWith(setText), []);
  const dialog = (
    <FormDialog title="The words of the reply" isOpen={text !== null} close={() => setText(null)}>
      <Text style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }} dir="auto">
        {text}
      </Text>
    </FormDialog>
  );
  return { columns, dialog };
}

const columnsWith = (show: (text: string) => void): Columns<Reply> => [
  {
    id: 'kind',
    header: 'What',
    cell: ({ row: { original } }) => <EventLink reply={original} />,
  },
  {
    id: 'state',
    header: 'State',
    cell: ({ row: { original } }) => {
      const { tone, label } = replyStates[original.state];
      return <Badge tone={tone}>{label}</Badge>;
    },
  },
  { id: 'reason', header: 'Why', cell: ({ row }) => <Text size="sm">{row.original.reason}</Text> },
  {
    id: 'when',
    header: 'When',
    cell: ({ row }) => (
      <Text size="sm" style={{ whiteSpace: 'nowrap' }}>
        {formatDateTime(row.original.created_at)}
      </Text>
    ),
  },
  { id: 'words', header: 'Words', cell: ({ row }) => <ReplyWords reply={row.original} show={show} /> },
];

/** To the event that it answers. */
function EventLink({ reply: { event_id, kind } }: { reply: Reply }) {
  const organization = useSlug();
  return (
    <AppLink to="/organizations/$organization/events/$event" params={{ organization, event: event_id }} fw={600}>
      {replyKinds[kind]}
    </AppLink>
  );
}
