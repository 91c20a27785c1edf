import { Container, Stack, Title } from '@mantine/core';
import { type ErrorComponentProps, useRouter } from '@tanstack/react-router';
import { useContext } from 'react';
import { Refusal } from '../api.ts';
import { queryClient } from '../query-client.ts';
import { ButtonLink } from './AppLink.tsx';
import { InsideShell } from './inside-shell.ts';
import { isNotLoaded, ProblemNotice } from './Problem.tsx';

/** Instead of a page that could not be read or drawn; the frame around it stays. */
export function PageError({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const isInside = useContext(InsideShell);
  const isMissing = error instanceof Refusal && error.code === 'not_found';
  const isStrange = error instanceof Refusal && error.code === 'unauthenticated';
  async function retry(): Promise<void> {
    if (isNotLoaded(error)) return location.reload();
    await queryClient.resetQueries();
    reset();
    await router.invalidate();
  }
  return (
    <Container size="sm" py="xl" component={isInside ? 'div' : 'main'}>
      <Stack align="flex-start">
        <Title order={1}>{isMissing ? 'There is no such thing here' : 'That did not work'}</Title>
        <ProblemNotice error={error} {...(isMissing || isStrange ? {} : { retry: () => void retry() })} />
        {isMissing && <ButtonLink to="/organizations">Your organizations</ButtonLink>}
        {isStrange && (
          <ButtonLink to="/sign-in" search={{ next: location.pathname }}>
            Sign in again
          </ButtonLink>
        )}
      </Stack>
    </Container>
  );
}
