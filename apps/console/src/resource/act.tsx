import { Button, Group, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { goToSignIn, isSignedOut, refresh } from '../query-client.ts';
import { Icon } from '../shell/Icon.tsx';
import { sentencesOf, signedOutWords } from '../shell/Problem.tsx';
import { hasUnsaved } from './unsaved.ts';

interface ActOptions<Out> {
  /** What is said when it went well. */
  done: string | ((out: Out) => string);
  /** Takes it back, from the same message. */
  undo?: () => Promise<unknown>;
  undone?: string;
}

/** Does something, reads anew what is shown, and says what came of it. @returns null when it was refused */
export async function act<Out>(
  run: () => Promise<Out>,
  { done, undo, undone = 'Taken back.' }: ActOptions<Out>,
): Promise<{ out: Out } | null> {
  try {
    const out = await run();
    await refresh();
    tell(typeof done === 'string' ? done : done(out), undo && (() => act(undo, { done: undone })));
    return { out };
  } catch (error) {
    tellRefusal(error);
    return null;
  }
}

export function tell(message: string, undo?: () => unknown): void {
  const id = crypto.randomUUID();
  const takeBack = () => {
    notifications.hide(id);
    void undo?.();
  };
  notifications.show({
    id,
    autoClose: undo ? 12_000 : 5_000,
    icon: <Icon name="check" />,
    closeButtonProps: { 'aria-label': 'Close' },
    message: (
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm">{message}</Text>
        {undo && (
          <Button size="compact-sm" variant="default" onClick={takeBack}>
            Undo
          </Button>
        )}
      </Group>
    ),
  });
}

export function tellRefusal(error: unknown): void {
  if (isSignedOut(error) && !hasUnsaved()) {
    goToSignIn();
    return;
  }
  const { title, detail } = isSignedOut(error) ? signedOutWords : sentencesOf(error);
  notifications.show({
    title,
    message: detail,
    color: 'red',
    autoClose: 12_000,
    icon: <Icon name="bad" />,
    closeButtonProps: { 'aria-label': 'Close' },
  });
}
