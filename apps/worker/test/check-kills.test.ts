import { checkLogin } from '@pagekeeper/domain/facebook/check-login';
import type { Uuid } from '@pagekeeper/domain/ids';
import { refreshLoginJob, sweepLoginsJob } from '@pagekeeper/domain/jobs';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { ConnectedPage, Tenant } from '@pagekeeper/testing/network/tenant';
import type { StartedProcess } from '@pagekeeper/testing/processes';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** Every step of a check at which a process may die, and how often the token is exchanged then in all. */
const steps = [
  ['check.after_lease', 1],
  ['check.before_exchange', 1],
  // What the exchange gave is lost with the process. The token before it lives on, and is exchanged again.
  ['check.after_exchange', 2],
  ['check.after_list', 2],
  ['check.after_examination', 2],
  ['check.after_claim', 2],
  ['check.before_store', 2],
  ['check.before_commit', 2],
  ['check.after_commit', 1],
] as const;
type Step = (typeof steps)[number][0];

let network: Network;
let acme: Tenant;
/** The worker that nobody kills. */
let survivor: StartedProcess;
/** A page of another person's for each step. */
const pages = new Map<Step, ConnectedPage & { login: { organization_id: Uuid; login_id: Uuid } }>();
const outcomesBefore = new Map<Step, string>();

beforeAll(async () => {
  network = await startNetwork({ worker: false });
  acme = await network.tenant('acme');
  await network.simulator.patch('/__sim/app', { exchange: 'extended' });
  for (const [step] of steps) pages.set(step, await connect());
  await network.moveClock(46 * 24);
  // Due are only those that this test makes due.
  await network.sql(`update facebook_page_integrations set next_check_at = app.now() + interval '1 year'`);
  for (const [step] of steps) await killAt(step);
  // However slow the machine: the minute of the first is not over yet.
  await network.sql(
    `update facebook_logins set lease_until = clock_timestamp() + interval '5 minutes' where lease_until is not null`,
  );
  survivor = await network.startWorker();
  await everybodyWrites();
  for (const [step, { login }] of pages) outcomesBefore.set(step, await check(login));
  // A minute passes for the leases of the dead.
  await network.sql('update facebook_logins set lease_until = clock_timestamp() where lease_until is not null');
  await network.sql('update facebook_page_integrations set next_check_at = app.now()');
  await network.services.queue.enqueue(sweepLoginsJob, {});
  await network.settle(60_000);
  await everybodyWrites();
}, 240_000);

afterAll(() => network?.stop());

describe('a worker that is killed with -9 in a check', () => {
  it.each(steps)(
    'at %s: the tokens work on, and the next check finishes; %i exchanges in all',
    async (step, exchanges) => {
      const { id, integration, page } = pages.get(step)!;
      // Nobody else looks while the lease stands; where all was committed it was given back.
      expect(outcomesBefore.get(step)).toBe(step === 'check.after_commit' ? 'checked' : 'busy');
      const { facebook_page } = await acme.owner.expect(200, acme.owner.get(`${acme.path}/integrations/${id}`));
      expect(facebook_page.status).toBe('healthy');
      const end = (each: { user_token_expires_at: string }) => Date.parse(each.user_token_expires_at);
      expect(end(facebook_page) - end(integration.facebook_page)).toBeGreaterThan(40 * 86_400_000);
      const about = `/__sim/ledger?person_id=${page.personId}&endpoint=access_token`;
      expect((await network.simulator.get(about)).data).toHaveLength(exchanges);
      const [login] = await network.sql(
        `select l.lease_token, l.lease_until from facebook_logins l
       join facebook_page_integrations p on p.login_id = l.id where p.page_id = $1`,
        [page.page_id],
      );
      expect(login).toEqual({ lease_token: null, lease_until: null });
      // One answer was sent before the next check, and one after it.
      const { sends } = await network.simulator.get(`/__sim/ledger/counts?page_id=${page.page_id}`);
      expect(sends).toMatchObject({ total: 2, applied: 2 });
    },
  );
});

it('has told by then that the same person chose fewer pages elsewhere: who may be hurt is checked', async () => {
  const rival = await network.tenant('rival');
  const held = await acme.connectPage();
  await network.settle(60_000);
  await network.sql(`update facebook_page_integrations set next_check_at = app.now() + interval '1 year'`);
  const page = await anotherPageOf(held.page.personId);
  const { page_id, page_access_token, userToken: access_token } = page;
  // Its own check waits: the killed worker shall be the first that sees it.
  await survivor.stop();
  const body = {
    integration_type: 'FACEBOOK_PAGE',
    name: 'Blue Cup',
    facebook_page: { page_id, access_token, page_access_token },
  };
  const integrations = `${rival.path}/businesses/${rival.business.id}/integrations`;
  await rival.owner.expect(201, rival.owner.post(integrations, body));
  await killAt('check.after_commit', await loginOf(rival, page_id));
  const sql = 'select next_check_at <= app.now() as is_due from facebook_page_integrations where page_id = $1';
  expect(await network.sql(sql, [held.page.page_id])).toEqual([{ is_due: true }]);
});

/** They give our app this page alone, and so none of those before. */
async function anotherPageOf(personId: string) {
  const [made] = await network.simulator.createPages(1, 'Blue Cup');
  const { page_id: id } = made!;
  await network.simulator.post('/__sim/people', {
    id: personId,
    name: 'Paula Page',
    pages: [{ id, name: 'Blue Cup' }],
  });
  const tokens = await network.simulator.post(`/__sim/people/${personId}/tokens`, { page_ids: [id] });
  return { ...tokens.pages[0], userToken: tokens.user_token };
}

async function connect() {
  const connected = await acme.connectPage();
  return { ...connected, login: await loginOf(acme, connected.page.page_id) };
}

async function loginOf({ uuid }: Tenant, pageId: string) {
  const [row] = await network.sql('select login_id from facebook_page_integrations where page_id = $1', [pageId]);
  return { organization_id: uuid, login_id: row!.login_id as Uuid };
}

async function killAt(step: Step, login = pages.get(step)!.login): Promise<void> {
  const worker = await network.startWorker({ FAIL_AT: step, CONCURRENCY: '1' });
  await network.services.queue.enqueue(refreshLoginJob, login);
  expect(await worker.exited, step).toEqual({ code: null, signal: 'SIGKILL' });
}

async function everybodyWrites(): Promise<void> {
  for (const { page } of pages.values()) {
    await network.simulator.post(`/__sim/pages/${page.page_id}/messages`, { text: 'Hello?' });
  }
  await network.settle(60_000);
}

async function check(login: { organization_id: Uuid; login_id: Uuid }): Promise<string> {
  const actor = { type: 'job', job: refreshLoginJob.name, jobId: 'test' } as const;
  const ctx = { ...network.services, actor, requestId: 'test' };
  return (await checkLogin(ctx, '257000000000001', login)).outcome;
}
