import { Button, Group, Stack, Text } from '@mantine/core';
import { type ReactNode, useEffect, useSyncExternalStore } from 'react';
import { FormDialog, loadDialog } from './FormDialog.tsx';

interface Question {
  title: string;
  detail: ReactNode;
  /** What the button says that does it. */
  yes: string;
  no?: string;
  isGrave?: boolean;
}

interface Asked extends Question {
  answer(yes: boolean): void;
}

let asked: Asked | null = null;
const listeners = new Set<() => void>();

function show(next: Asked | null): void {
  asked = next;
  for (const listener of listeners) listener();
}

/** Asks before something that others will notice. */
export function confirm(question: Question): Promise<boolean> {
  return new Promise(resolve => {
    const answer = (yes: boolean) => {
      show(null);
      resolve(yes);
    };
    show({ ...question, answer });
  });
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Where questions are asked; once, in the frame of all pages. */
export function ConfirmDialog() {
  const question = useSyncExternalStore(subscribe, () => asked);
  useEffect(loadDialog, []);
  return (
    <FormDialog title={question?.title} isOpen={question !== null} close={() => question?.answer(false)}>
      <Stack>
        <Text size="sm" component="div">
          {question?.detail}
        </Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={() => question?.answer(false)} {...focusIf(question?.isGrave)}>
            {question?.no ?? 'Cancel'}
          </Button>
          <Button
            {...(question?.isGrave && { color: 'red.9' })}
            onClick={() => question?.answer(true)}
            {...focusIf(!question?.isGrave)}
          >
            {question?.yes}
          </Button>
        </Group>
      </Stack>
    </FormDialog>
  );
}

/** What Enter presses: a slip of the hand must not do what cannot be undone. */
const focusIf = (isFocused = false) => isFocused && { 'data-autofocus': true };
