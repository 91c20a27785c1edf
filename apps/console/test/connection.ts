import type { Network } from '@pagekeeper/testing/network/network';
import type { Tenant } from '@pagekeeper/testing/network/tenant';

/** A way through the simulator's dialog, by its form: pages can be picked. @returns its id */
export async function connectionThrough(network: Network, { owner, path, business }: Tenant): Promise<string> {
  const person = await network.simulator.post('/__sim/people', {
    name: 'Paula',
    pages: [{ name: 'One' }, { name: 'Two' }],
  });
  const begun = owner.post(`${path}/businesses/${business.id}/facebook/connections`, {});
  const { id, authorize_url } = await owner.expect(201, begun);
  const dialog = new URL(authorize_url);
  const form = new URLSearchParams(dialog.searchParams);
  form.set('person_id', person.id);
  form.set('decision', 'approve');
  for (const scope of (form.get('scope') ?? '').split(',')) form.append('scopes', scope);
  const answer = await fetch(`${dialog.origin}${dialog.pathname}`, { method: 'POST', body: form, redirect: 'manual' });
  const { pathname, search } = new URL(answer.headers.get('location')!);
  await owner.expect(200, owner.get(`${pathname}${search}`));
  return id;
}
