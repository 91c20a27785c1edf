import { Group, Stack, Text } from '@mantine/core';
import { useSuspenseQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { ButtonLink } from '../shell/AppLink.tsx';
import { Notice } from '../shell/Notice.tsx';
import { PageHead } from '../shell/PageHead.tsx';
import { type ConnectedPage, type Connection, connectionQuery } from './connection.ts';
import { FacebookButton } from './FacebookButton.tsx';
import { Outcome } from './Outcome.tsx';
import { PickPages } from './PickPages.tsx';
import { Steps } from './Steps.tsx';
import style from './steps.module.css';

/** After Facebook: pick the pages, then see how they are. */
export function ConnectionPage() {
  const { organization, connection: id } = useParams({ from: '/in/organizations/$organization/connect/$connection' });
  const { data: connection } = useSuspenseQuery(connectionQuery(organization, id));
  const [connected, setConnected] = useState<ConnectedPage[]>([]);
  const title = connection.reconnect ? 'Reconnect the page' : 'Connect a page';
  return (
    <>
      <PageHead title={title} />
      <Steps at={connected.length > 0 ? 2 : connection.state === 'ready' ? 1 : 0} />
      {connected.length > 0 ? (
        <Outcome pages={connected} connection={connection} again={() => setConnected([])} />
      ) : connection.state === 'ready' ? (
        <Ready connection={connection} done={setConnected} />
      ) : (
        <NotReady connection={connection} />
      )}
    </>
  );
}

function Ready({ connection, done }: { connection: Connection; done(pages: ConnectedPage[]): void }) {
  const { organization } = useParams({ from: '/in/organizations/$organization/connect/$connection' });
  const { reason, missing_permissions, pages, business_id, reconnect } = connection;
  const begin = { organization, business: business_id, ...(reconnect && { reconnect }) };
  return (
    <Stack gap="lg">
      {reason && (
        <Notice tone="warn" title={reason.detail}>
          <Stack gap="sm" align="flex-start">
            <Text size="sm">{reason.fix}</Text>
            <FacebookButton
              variant="default"
              size="xs"
              begin={{ ...begin, ask_again: missing_permissions.length > 0 ? 'permissions' : 'pages' }}
            >
              Ask Facebook again
            </FacebookButton>
          </Stack>
        </Notice>
      )}
      {pages.length > 0 && <PickPages connection={connection} done={done} />}
      <Group gap="xs">
        <Text size="sm" c="dimmed">
          Is a page missing? Facebook shows what was chosen in its dialog.
        </Text>
        <FacebookButton variant="subtle" size="compact-sm" begin={{ ...begin, ask_again: 'pages' }}>
          Choose other pages
        </FacebookButton>
      </Group>
    </Stack>
  );
}

function NotReady({ connection }: { connection: Connection }) {
  const { organization } = useParams({ from: '/in/organizations/$organization/connect/$connection' });
  const { state, reason, pages, business_id, reconnect } = connection;
  const begin = { organization, business: business_id, ...(reconnect && { reconnect }), ...askAgain(connection) };
  const isWaiting = state === 'waiting';
  const title = isWaiting ? 'Facebook has not answered yet' : 'This did not come to an end';
  const detail = isWaiting
    ? 'The dialog is open in another tab or window. This page goes on by itself when it is done.'
    : reason
      ? `${reason.detail} ${reason.fix}`
      : 'It is too old. Begin again.';
  return (
    <Notice tone={isWaiting ? 'info' : 'warn'} title={title} role="status">
      <Stack gap="sm" align="flex-start">
        <Text size="sm">{detail}</Text>
        {reason?.code === 'no_usable_pages' && <Unusable pages={pages} />}
        <Group gap="sm">
          <FacebookButton size="sm" variant={isWaiting ? 'default' : 'filled'} begin={begin}>
            Begin again
          </FacebookButton>
          <ButtonLink
            variant="default"
            size="sm"
            to="/organizations/$organization/integrations"
            params={{ organization }}
          >
            To the pages
          </ButtonLink>
        </Group>
      </Stack>
    </Notice>
  );
}

/** What Facebook would silently repeat is asked for anew; after a denial it asks by itself. */
function askAgain({ state, reason, missing_permissions }: Connection): { ask_again?: 'pages' | 'permissions' } {
  if (state !== 'failed' || reason?.code === 'denied') return {};
  return { ask_again: missing_permissions.length > 0 ? 'permissions' : 'pages' };
}

/** Each page says why it cannot be connected. */
const Unusable = ({ pages }: Pick<Connection, 'pages'>) => (
  <ul className={style.reasons}>
    {pages.map(({ page_id, page_name, reason }) => (
      <li key={page_id}>
        <bdi>{page_name}</bdi>: {reason?.detail} <strong>{reason?.fix}</strong>
      </li>
    ))}
  </ul>
);
