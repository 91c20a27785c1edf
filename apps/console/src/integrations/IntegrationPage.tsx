import { Button, Group, Stack, Tabs, Text } from '@mantine/core';
import type { Integration } from '@pagekeeper/client';
import { useSuspenseQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import { api, ask } from '../api.ts';
import { FacebookButton } from '../connections/FacebookButton.tsx';
import { useOrganization } from '../organizations/organization.ts';
import { refresh } from '../query-client.ts';
import { tell, tellRefusal } from '../resource/act.tsx';
import { TableSkeleton } from '../resource/TableSkeleton.tsx';
import { AppLink } from '../shell/AppLink.tsx';
import { Icon } from '../shell/Icon.tsx';
import { Notice } from '../shell/Notice.tsx';
import { OutOfDate } from '../shell/OutOfDate.tsx';
import { PageHead } from '../shell/PageHead.tsx';
import { ProblemNotice } from '../shell/Problem.tsx';
import { ConfigEditor } from './ConfigEditor.tsx';
import { Doctor } from './Doctor.tsx';
import { IntegrationMenu } from './IntegrationMenu.tsx';
import { integrationQuery } from './integration.ts';
import { mendedByLogin, PageStatusBadge, pageStatuses } from './page-status.tsx';
import { RenameDialog } from './RenameDialog.tsx';
import { StatusHistory } from './StatusHistory.tsx';

// Where it cannot be loaded, what is typed beside it stays.
const Activity = lazy(() =>
  import('./Activity.tsx').catch(error => ({ default: () => <ProblemNotice error={error} /> })),
);

const tabs = ['health', 'replies', 'activity'];

const from = '/in/organizations/$organization/integrations/$integration';

export function IntegrationPage() {
  const { organization, integration: id } = useParams({ from });
  const query = useSuspenseQuery(integrationQuery(organization, id));
  const { data: integration, etag } = query.data;
  const [hasDraft, setHasDraft] = useState(false);
  return (
    <>
      <AppLink to="/organizations/$organization/integrations" params={{ organization }} size="sm">
        Pages
      </AppLink>
      <PageHead
        title={<bdi>{integration.name}</bdi>}
        name={integration.name}
        lead={<Lead integration={integration} />}
        action={<Actions integration={integration} />}
      />
      <OutOfDate query={query} />
      {integration.is_active || hasDraft ? (
        <Parts integration={integration} etag={etag} setHasDraft={setHasDraft} />
      ) : (
        <Rest integration={integration} />
      )}
    </>
  );
}

interface PartsProps {
  integration: Integration;
  etag: string | null;
  /** Told whether something is typed that is not saved: it stays, also where the page is deactivated meanwhile. */
  setHasDraft(hasDraft: boolean): void;
}

function Parts({ integration, etag, setHasDraft }: PartsProps) {
  const { tab: asked = 'health' } = useSearch({ from });
  const tab = tabs.includes(asked) ? asked : 'health';
  const navigate = useNavigate();
  const open = (next: string | null) =>
    void navigate({
      to: '.',
      search: next && next !== 'health' ? { tab: next } : {},
      replace: true,
      resetScroll: false,
    });
  return (
    <Stack gap="lg">
      {integration.is_active ? (
        <>
          <WhatIsWrong integration={integration} />
          {!integration.config.webhook_enabled && (
            <Notice tone="warn" title="This page receives no events">
              Nothing that happens on it arrives here, and nobody is answered. “Receive events”, among its replies,
              switches them on.
            </Notice>
          )}
        </>
      ) : (
        <Notice tone="warn" title="This page was deactivated meanwhile" role="alert">
          What you typed is still here. Restore the page, in the menu above, to save it.
        </Notice>
      )}
      <Tabs value={tab} onChange={open} keepMounted={false} keepMountedMode="display-none">
        <Tabs.List mb="lg">
          <Tabs.Tab value="health">Health</Tabs.Tab>
          <Tabs.Tab value="replies">Replies</Tabs.Tab>
          <Tabs.Tab value="activity">Activity</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="health">
          <Stack gap="xl">
            <Doctor integration={integration.id} />
            <StatusHistory integration={integration.id} />
          </Stack>
        </Tabs.Panel>
        {/* What was typed is still there after a look at another part, and never on another page. */}
        <Tabs.Panel value="replies" keepMounted>
          <ConfigEditor key={integration.id} integration={integration} etag={etag} setHasDraft={setHasDraft} />
        </Tabs.Panel>
        <Tabs.Panel value="activity">
          <Suspense fallback={<TableSkeleton />}>
            <Activity integration={integration.id} />
          </Suspense>
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}

/** What there is of a page that was given up. */
function Rest({ integration }: { integration: Integration }) {
  return (
    <Stack gap="xl">
      <Notice tone="idle" title="This page is deactivated" role="status">
        No events come, nobody is answered, and another organization may connect it. Whoever may write can restore it,
        in the menu above.
      </Notice>
      <StatusHistory integration={integration.id} />
    </Stack>
  );
}

function Lead({ integration }: { integration: Integration }) {
  const page = integration.facebook_page;
  return (
    <Group gap="sm" mt={6}>
      <PageStatusBadge integration={integration} />
      {page && (
        <Text size="sm" c="dimmed" component="span">
          <bdi>{page.page_name}</bdi>
          {page.page_category && (
            <>
              {' · '}
              <bdi>{page.page_category}</bdi>
            </>
          )}
        </Text>
      )}
    </Group>
  );
}

function Actions({ integration }: { integration: Integration }) {
  const { organization } = useParams({ from });
  const { mayWrite } = useOrganization();
  const [busy, setBusy] = useState(false);
  const [isRenaming, setRenaming] = useState(false);
  if (!mayWrite || !integration.is_active) return <IntegrationMenu integration={integration} />;

  async function check(): Promise<void> {
    setBusy(true);
    try {
      const params = { path: { organization, integration: integration.id }, query: { wait: 'true' as const } };
      const path = '/v1/organizations/{organization}/integrations/{integration}/refresh';
      const { outcome, detail } = await ask(api.POST(path, { params }));
      await refresh();
      tell(detail ?? (outcome === 'checked' ? 'Checked just now.' : 'A check is under way.'));
    } catch (error) {
      tellRefusal(error);
    } finally {
      setBusy(false);
    }
  }

  return (
    <Group gap="xs" wrap="nowrap">
      <Button variant="default" leftSection={<Icon name="refresh" />} loading={busy} onClick={() => void check()}>
        Check now
      </Button>
      <IntegrationMenu integration={integration} rename={() => setRenaming(true)} />
      {isRenaming && <RenameDialog integration={integration} close={() => setRenaming(false)} />}
    </Group>
  );
}

/** Why the page does not work, and the button that mends it. */
function WhatIsWrong({ integration }: { integration: Integration }) {
  const { organization } = useParams({ from });
  const { mayWrite } = useOrganization();
  const page = integration.facebook_page;
  if (!page?.status_reason || page.status === 'healthy') return null;
  const { tone, label } = pageStatuses[page.status];
  return (
    <Notice tone={tone} title={`${label}. ${page.status_reason.detail}`} role={tone === 'bad' ? 'alert' : 'status'}>
      <Stack gap="sm" align="flex-start">
        <Text size="sm">{page.status_reason.fix}</Text>
        {mayWrite && mendedByLogin.has(page.status) && (
          <FacebookButton begin={{ organization, business: integration.business_id, reconnect: integration.id }}>
            Reconnect with Facebook
          </FacebookButton>
        )}
      </Stack>
    </Notice>
  );
}
