import { requiredScopes } from '@pagekeeper/facebook/dialog';
import { begin, connectThrough, personWithPages, pick } from '@pagekeeper/testing/network/dialog';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import { afterAll, beforeAll, expect, it } from 'vitest';

const configId = '900000000000001';
let network: Network;

beforeAll(async () => {
  network = await startNetwork({ apiEnv: { FACEBOOK_LOGIN_CONFIG_ID: configId } });
  const configurations = [{ id: configId, token: 'system_user', scopes: [...requiredScopes] }];
  await network.simulator.patch('/__sim/app', { configurations });
}, 60_000);

afterAll(() => network?.stop());

it('Login for Business asks for its configuration; its system user’s token has no end', async () => {
  const acme = await network.tenant('acme');
  const { searchParams } = new URL((await begin(acme)).authorize_url);
  expect([searchParams.get('config_id'), searchParams.has('scope')]).toEqual([configId, false]);
  const { id: personId, pageIds } = await personWithPages(network);
  const { id, shown } = await connectThrough(acme, { personId });
  expect(shown).toMatchObject({ state: 'ready', reason: null });
  const [connected] = await pick(acme, id, pageIds);
  expect(connected.integration.facebook_page).toMatchObject({ status: 'healthy', user_token_expires_at: null });
});
