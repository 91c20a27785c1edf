import type { Business } from '@pagekeeper/client';
import { api, ask } from '../api.ts';
import { useOrganization, useSlug } from '../organizations/organization.ts';
import { act } from '../resource/act.tsx';
import { confirm } from '../resource/confirm.tsx';
import { RowMenu } from '../resource/RowMenu.tsx';

interface BusinessMenuProps {
  business: Business;
  /** Opens its form: not in here, for a row goes when the list is read anew. */
  change(business: Business): void;
  /** Leaves the page that shows nothing else, before what is shown is read anew. */
  leave?: () => Promise<void>;
}

export function BusinessMenu({ business, change, leave }: BusinessMenuProps) {
  const organization = useSlug();
  const { mayWrite } = useOrganization();
  const { id, name, is_active } = business;
  const at = { params: { path: { organization, business: id } } };
  const path = '/v1/organizations/{organization}/businesses/{business}';
  const restore = () => ask(api.POST(`${path}/restore`, at));

  async function deactivate(): Promise<void> {
    const yes = await confirm({
      title: 'Deactivate this business?',
      detail: (
        <>
          <bdi>{name}</bdi> and its pages disappear from the lists, and its pages are not answered any more. You can
          restore it.
        </>
      ),
      yes: 'Deactivate',
      isGrave: true,
    });
    if (!yes) return;
    const run = async () => {
      await ask(api.DELETE(path, at));
      await leave?.();
    };
    await act(run, { done: 'Deactivated.', undo: restore, undone: 'Restored.' });
  }

  if (!mayWrite) return null;
  return (
    <RowMenu
      label={name}
      actions={
        is_active
          ? [
              { label: 'Change', icon: 'settings', run: () => change(business) },
              { label: 'Deactivate', icon: 'pause', isGrave: true, run: deactivate },
            ]
          : [{ label: 'Restore', icon: 'refresh', run: () => act(restore, { done: 'Restored.' }) }]
      }
    />
  );
}
