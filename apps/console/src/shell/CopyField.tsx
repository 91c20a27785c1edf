import { ActionIcon, Code, CopyButton, Group } from '@mantine/core';
import { useUnsaved } from '../resource/unsaved.ts';
import { Icon } from './Icon.tsx';

/** Something to copy that is shown this once: whole, so that it can be picked by hand too. */
export function CopyField({ value, label }: { value: string; label: string }) {
  useUnsaved(true);
  return (
    <Group wrap="nowrap" gap="xs">
      <Code block flex={1} style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }} aria-label={label} tabIndex={0}>
        {value}
      </Code>
      <CopyButton value={value}>
        {({ copied, copy }) => (
          <ActionIcon
            variant="default"
            size="xl"
            onClick={copy}
            aria-label={copied ? 'Copied' : `Copy the ${label.toLowerCase()}`}
          >
            <Icon name={copied ? 'check' : 'copy'} />
          </ActionIcon>
        )}
      </CopyButton>
    </Group>
  );
}
