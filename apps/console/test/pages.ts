import { leaveFailedJob } from '@pagekeeper/testing/foreign-job';
import { connectionThrough } from '@pagekeeper/testing/network/dialog';
import type { Network } from '@pagekeeper/testing/network/network';
import type { Tenant } from '@pagekeeper/testing/network/tenant';

/** Text that a page must show as text: markup, a script, an endless word, right to left, and an override that is not closed. */
export const naughty = [
  '<script>globalThis.owned = true</script>',
  '<img src=x onerror="globalThis.owned = true">',
  `Long${'g'.repeat(150)}`,
  'متجر القهوة والشاي',
  'Override \u202Egnirts',
  '{{constructor.constructor("globalThis.owned=true")()}}',
];

/** Names may not turn the direction of what stands behind them; descriptions and comments may. */
export const hostileName = (text: string) => text.replace('\u202E', '');

/** An address of every kind of page, with something on each. */
export async function everyPage(network: Network, tenant: Tenant): Promise<string[]> {
  const { owner, path, organization, business } = tenant;
  const page = await tenant.connectPage({ name: naughty[0]! });
  const write = (text: string) =>
    network.simulator.post(`/__sim/pages/${page.page.page_id}/comments`, { from: { name: naughty[1] }, text });
  for (const text of naughty) await write(text);
  await owner.expect(201, owner.post(`${path}/api-keys`, { name: naughty[1], role: 'MEMBER' }));
  await owner.expect(201, owner.post(`${path}/invitations`, { email: 'guest@example.com', role: 'ADMIN' }));
  for (const text of naughty) {
    await owner.expect(201, owner.post(`${path}/businesses`, { name: hostileName(text), description: text }));
  }
  const broken = await tenant.connectPage({ name: naughty[3]! });
  await network.simulator.post(`/__sim/people/${broken.page.personId}/events`, { type: 'password_change' });
  await tenant.refresh(broken.id);
  await leaveFailedJob(network.services.queue, tenant.uuid);
  const doomed = await owner.expect(201, owner.post('/v1/organizations', { name: naughty[0] }));
  const purge = await owner.expect(202, owner.post(`/v1/organizations/${doomed.id}/purge`, { confirm: doomed.slug }));
  const connection = await connectionThrough(network, tenant);
  const events = await untilSome(() => owner.expect(200, owner.get(`${path}/events?state=processed`)));
  const at = `/organizations/${organization.slug}`;
  return [
    at,
    `${at}/businesses`,
    `${at}/businesses?active=false`,
    `${at}/businesses/${business.id}`,
    `${at}/integrations`,
    `${at}/integrations/${page.id}`,
    `${at}/integrations/${broken.id}`,
    `${at}/integrations/${page.id}?tab=replies`,
    `${at}/integrations/${page.id}?tab=activity`,
    `${at}/connect`,
    `${at}/connect/${connection.id}`,
    `${at}/events`,
    `${at}/events/${events[0].id}`,
    `${at}/replies`,
    `${at}/members`,
    `${at}/invitations`,
    `${at}/api-keys`,
    `${at}/audit`,
    `${at}/settings`,
    '/organizations',
    '/organizations/new',
    '/account',
    '/admin',
    '/admin/users',
    '/admin/system',
    '/admin/queues',
    `/purges/${purge.id}`,
  ];
}

/** For everybody. */
export const publicPages = [
  '/sign-in',
  '/sign-up',
  '/forgot-password',
  '/reset-password?result=invalid_link',
  '/verify-email?result=email_verified',
  '/accept-invitation',
  '/?result=invalid_link',
  '/nowhere',
];

async function untilSome(read: () => Promise<{ data: any[] }>): Promise<any[]> {
  for (let attempt = 0; attempt < 300; attempt += 1) {
    const { data } = await read();
    if (data.length > 0) return data;
    await new Promise(resolve => setTimeout(resolve, 100));
  }
  throw new Error('No event was worked through.');
}
