import { Button, Text } from '@mantine/core';
import type { components } from '@pagekeeper/client';
import { useState } from 'react';
import { api, ask } from '../api.ts';
import { useSlug } from '../organizations/organization.ts';
import { tellRefusal } from '../resource/act.tsx';
import { FormDialog } from '../resource/FormDialog.tsx';

/** A reply's words, on request: whoever opens them stands in the audit log. */
export function ReplyWords({ reply: { id, state } }: { reply: components['schemas']['Reply'] }) {
  const organization = useSlug();
  const [text, setText] = useState<string | null>(null);
  if (state === 'skipped') return <Text size="sm">–</Text>;
  async function open(): Promise<void> {
    try {
      const params = { path: { organization, reply: id } };
      const opened = await ask(api.GET('/v1/organizations/{organization}/replies/{reply}', { params }));
      setText(opened.text ?? 'The words were not kept.');
    } catch (error) {
      tellRefusal(error);
    }
  }
  return (
    <>
      <Button variant="default" size="compact-sm" onClick={() => void open()}>
        Show
      </Button>
      <FormDialog title="The words of the reply" isOpen={text !== null} close={() => setText(null)}>
        <Text style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }} dir="auto">
          {text}
        </Text>
      </FormDialog>
    </>
  );
}
