import { Button, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, ask } from '../api.ts';
import { act } from '../resource/act.tsx';
import { formatDateTime } from '../shell/format.ts';
import { Badge } from '../shell/Notice.tsx';
import { ProblemNotice } from '../shell/Problem.tsx';
import { Part } from './Part.tsx';

/** Where the person is signed in. */
export function Sessions() {
  const { data: sessions, error } = useQuery({
    queryKey: ['sessions'],
    queryFn: () => ask(api.GET('/auth/list-sessions')),
  });
  const { data: current } = useQuery({ queryKey: ['session'], queryFn: () => ask(api.GET('/auth/get-session')) });
  const end = (id: string) =>
    act(() => ask(api.POST('/auth/revoke-session', { body: { id } })), { done: 'That session is over.' });
  const endOthers = () =>
    act(() => ask(api.POST('/auth/revoke-other-sessions')), { done: 'All other sessions are over.' });
  return (
    <Part title="Sessions" lead="Where you are signed in. End what you do not know.">
      {error && <ProblemNotice error={error} />}
      <Stack gap="sm">
        {sessions?.map(({ id, userAgent, ipAddress, updatedAt }) => (
          <Group key={id} justify="space-between" wrap="nowrap">
            <div style={{ minWidth: 0 }}>
              <Text size="sm" component="bdi" style={{ overflowWrap: 'anywhere' }}>
                {browserIn(userAgent)}
              </Text>
              <Text size="sm" c="dimmed">
                {ipAddress || 'Unknown address'}, last seen {formatDateTime(updatedAt)}
              </Text>
            </div>
            {id === current?.session.id ? (
              <Badge tone="good">This one</Badge>
            ) : (
              <Button size="compact-sm" variant="default" onClick={() => void end(id)}>
                End
              </Button>
            )}
          </Group>
        ))}
      </Stack>
      {sessions && sessions.length > 1 && (
        <Group>
          <Button variant="default" onClick={() => void endOthers()}>
            End all others
          </Button>
        </Group>
      )}
    </Part>
  );
}

/** "Firefox on Linux", as far as a browser says so itself. */
function browserIn(userAgent: string | null): string {
  if (!userAgent) return 'Unknown device';
  const browser = /(Edg|Firefox|OPR|Chrome|Safari)\//.exec(userAgent)?.[1];
  const system = /(Android|iPhone|iPad|Windows|Mac OS X|Linux)/.exec(userAgent)?.[1];
  if (!browser) return userAgent.slice(0, 80);
  const name = { Edg: 'Edge', OPR: 'Opera' }[browser] ?? browser;
  return system ? `${name} on ${system.replace(' OS X', '')}` : name;
}
