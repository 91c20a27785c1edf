import { Button, Text } from '@mantine/core';
import type { components } from '@pagekeeper/client';
import { api, ask } from '../api.ts';
import { useSlug } from '../organizations/organization.ts';
import { tellRefusal } from '../resource/act.tsx';

interface ReplyWordsProps {
  reply: components['schemas']['Reply'];
  show(text: string): void;
}

/** A reply's words, on request: whoever opens them stands in the audit log. */
export function ReplyWords({ reply: { id, state }, show }: ReplyWordsProps) {
  const organization = useSlug();
  if (state === 'skipped') return <Text size="sm">–</Text>;
  async function open(): Promise<void> {
    try {
      const params = { path: { organization, reply: id } };
      const opened = await ask(api.GET('/v1/organizations/{organization}/replies/{reply}', { params }));
      show(opened.text ?? 'The words were not kept.');
    } catch (error) {
      tellRefusal(error);
    }
  }
  return (
    <Button variant="default" size="compact-sm" onClick={() => void open()}>
      Show
    </Button>
  );
}
