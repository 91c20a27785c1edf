import type { Integration } from '@pagekeeper/client';
import { api, ask } from '../api.ts';
import { useOrganization, useSlug } from '../organizations/organization.ts';
import { act } from '../resource/act.tsx';
import { confirm } from '../resource/confirm.tsx';
import { RowMenu } from '../resource/RowMenu.tsx';

interface IntegrationMenuProps {
  integration: Integration;
  /** Opens its form, where there is room for one: a row goes when the list is read anew. */
  rename?: () => void;
}

export function IntegrationMenu({ integration, rename }: IntegrationMenuProps) {
  const organization = useSlug();
  const { mayWrite } = useOrganization();
  const { id, name, is_active } = integration;
  const at = { params: { path: { organization, integration: id } } };
  const path = '/v1/organizations/{organization}/integrations/{integration}';
  const restore = () => ask(api.POST(`${path}/restore`, at));

  async function deactivate(): Promise<void> {
    const yes = await confirm({
      title: 'Deactivate this page?',
      detail: (
        <>
          <bdi>{name}</bdi> gets no events and answers nobody from then on, and another organization may connect it. You
          can restore it, with a check of its login.
        </>
      ),
      yes: 'Deactivate',
      isGrave: true,
    });
    if (!yes) return;
    await act(() => ask(api.DELETE(path, at)), { done: 'Deactivated.', undo: restore, undone: 'Restored.' });
  }

  if (!mayWrite) return null;
  return (
    <RowMenu
      label={name}
      actions={
        is_active
          ? [
              ...(rename ? [{ label: 'Rename', icon: 'settings' as const, run: rename }] : []),
              { label: 'Deactivate', icon: 'pause', isGrave: true, run: deactivate },
            ]
          : [
              {
                label: 'Restore',
                icon: 'refresh',
                run: () => act(restore, { done: 'Restored. Its login is being checked.' }),
              },
            ]
      }
    />
  );
}
