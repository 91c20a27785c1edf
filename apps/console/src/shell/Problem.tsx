import { Anchor, Button, Group, Stack, Text } from '@mantine/core';
import { Refusal } from '../api.ts';
import { Notice } from './Notice.tsx';

/** What went wrong, in a sentence, and what to quote to whoever is asked about it. */
export function ProblemNotice({ error, retry }: { error: unknown; retry?: () => void }) {
  const { title, detail, requestId } = sentencesOf(error);
  return (
    <Notice tone="bad" title={title} role="alert">
      <Stack gap={6}>
        <Text size="sm">{detail}</Text>
        {requestId && (
          <Text size="xs" c="dimmed">
            Request {requestId}
          </Text>
        )}
        {retry && (
          <Group>
            <Button size="xs" variant="default" onClick={retry}>
              Try again
            </Button>
          </Group>
        )}
      </Stack>
    </Notice>
  );
}

const signIn = (
  <Anchor href="/sign-in" target="_blank" size="sm">
    Sign in again in another tab
  </Anchor>
);

/** For who has typed something: it stays, and can be sent again. */
export const signedOutWords = {
  title: 'You are signed out',
  detail: <>{signIn}. What you typed here stays; then send it again.</>,
};

export const SignedOutNotice = () => (
  <Notice tone="warn" title={signedOutWords.title} role="alert">
    {signedOutWords.detail}
  </Notice>
);

/** A file of the console did not come: there is no network, or a newer release has other ones. */
export const isNotLoaded = (error: unknown): boolean =>
  error instanceof Error && /preload CSS|dynamically imported module|importing a module/i.test(error.message);

/** An error in words for people. A stack is for nobody here. */
export function sentencesOf(error: unknown): { title: string; detail: string; requestId: string } {
  if (isNotLoaded(error)) {
    return {
      title: 'A part of this page could not be loaded',
      detail: 'Look at your connection to the internet, then load the page again.',
      requestId: '',
    };
  }
  if (!(error instanceof Refusal)) {
    return {
      title: 'This page failed',
      detail: 'It is our fault. Load the page again; if it stays like this, tell us.',
      requestId: '',
    };
  }
  const { title, detail, errors, request_id, status } = error.problem;
  const fields = errors?.map(each => each.detail).join(' ');
  const pause = error.retryAfter ? ` Try again in ${error.retryAfter} seconds.` : '';
  return {
    title,
    detail: `${detail}${fields ? ` ${fields}` : ''}${pause}`,
    requestId: status >= 500 ? request_id : '',
  };
}
