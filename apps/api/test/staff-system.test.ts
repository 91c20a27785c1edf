import { publicId } from '@pagekeeper/domain/ids';
import { setStaff } from '@pagekeeper/domain/staff/set-staff';
import { leaveFailedJob } from '@pagekeeper/testing/foreign-job';
import { itWithoutBalancer } from '@pagekeeper/testing/network/behind-pgbouncer';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { Persona } from '@pagekeeper/testing/network/persona';
import type { Tenant } from '@pagekeeper/testing/network/tenant';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { holdAnswersToTheContract, idsOf } from './contract.ts';

holdAnswersToTheContract();

const system = '/v1/staff/system';
const jobs = '/v1/staff/jobs';
const queues = inject('servers').redisUrl ? (['postgres', 'redis'] as const) : (['postgres'] as const);

async function appoint(network: Network): Promise<Persona> {
  const sam = await network.persona('sam.staff').signUp();
  await setStaff(network.database.urls.owner, { email: sam.email, isStaff: true, unconfirmed: true });
  return sam;
}

const see = (staff: Persona): Promise<any> => staff.expect(200, staff.get(system));
const checkIn = ({ checks }: any, name: string) => checks.find(({ check }: { check: string }) => check === name);

describe.each(queues)('with a queue in %s, staff', backend => {
  let network: Network;
  let staff: Persona;
  let acme: Tenant;

  beforeAll(async () => {
    network = await startNetwork({ queue: backend });
    [staff, acme] = await Promise.all([appoint(network), network.tenant('acme')]);
  }, 60_000);

  afterAll(() => network?.stop({ jobsMayFail: true }));

  it('see a system that is well, check by check', async () => {
    const seen = await see(staff);
    expect(seen.checks.map(({ check, state, fix }: any) => [check, state, fix])).toEqual(
      ['database', 'schema', 'clock', 'keys', 'queue', 'waiting_jobs', 'events', 'facebook', 'replies'].map(check => [
        check,
        'ok',
        null,
      ]),
    );
    expect(seen.queue).toMatchObject({ backend, failed: 0, is_complete: true });
    // Every schedule has its next run.
    expect(seen.queue.delayed).toBeGreaterThanOrEqual(5);
    expect(seen.queue.kinds.map(({ name }: { name: string }) => name)).toContain('webhooks.keep-partitions');
    expect(seen.events).toEqual({ pending: 0, parked: 0, failed: 0 });
  });

  it('see what failed and why, and have it tried again: it fails anew, and is there once', async () => {
    const id = await leaveFailedJob(network.services.queue, acme.uuid);
    const { data, has_more } = await staff.expect(200, staff.get(jobs));
    expect([has_more, data]).toEqual([
      false,
      [
        {
          id,
          name: 'demo.fails-on-purpose',
          ids: { organization_id: acme.organization.id },
          attempts: 1,
          reason: 'No handler for job demo.fails-on-purpose in this release.',
          failed_at: expect.any(String),
        },
      ],
    ]);
    const seen = await see(staff);
    expect(checkIn(seen, 'queue')).toMatchObject({ state: 'warning', fix: expect.stringContaining('Queues') });
    expect(seen.queue).toMatchObject({ failed: 1 });
    const before = data[0].failed_at;
    await staff.expect(204, staff.post(`${jobs}/${encodeURIComponent(id)}/retry`));
    await expect
      .poll(async () => (await staff.get(jobs)).body.data.map((job: any) => [job.id, job.failed_at > before]), {
        timeout: 15_000,
      })
      .toEqual([[id, true]]);
    expect(network.output.join('')).toContain('a failed job is tried again');
  });

  it('have one tried again once, however often the request comes', async () => {
    const [{ id }] = (await staff.expect(200, staff.get(jobs))).data;
    const retry = () =>
      staff.post(`${jobs}/${encodeURIComponent(id)}/retry`, undefined, { 'Idempotency-Key': 'again' });
    const answers = [await retry(), await retry()];
    expect(answers.map(({ status, headers }) => [status, headers['idempotent-replayed']])).toEqual([
      [204, undefined],
      [204, 'true'],
    ]);
    await expect.poll(async () => idsOf(await staff.expect(200, staff.get(jobs))), { timeout: 15_000 }).toEqual([id]);
    const none = () => staff.post(`${jobs}/999999999/retry`, undefined, { 'Idempotency-Key': 'none' });
    expect([(await none()).status, (await none()).status]).toEqual([404, 404]);
  });

  it('page through what failed', async () => {
    const ids = idsOf(await staff.expect(200, staff.get(jobs)));
    for (let index = 0; index < 4; index += 1) {
      const { id } = await acme.owner.expect(201, acme.owner.post('/v1/organizations', { name: `No. ${index}` }));
      const [row] = await network.sql('select id from organizations order by id desc limit 1');
      expect(publicId('organization', row.id)).toBe(id);
      ids.unshift(await leaveFailedJob(network.services.queue, row.id));
    }
    const found: string[] = [];
    for (let cursor = ''; ; ) {
      const page = await staff.expect(200, staff.get(`${jobs}?limit=2${cursor && `&cursor=${cursor}`}`));
      found.push(...idsOf(page));
      if (!page.has_more) break;
      cursor = page.next_cursor;
    }
    expect(found).toEqual(ids);
    for (const wrong of ['0', 'after 2', Buffer.from('after -1').toString('base64url'), 'x'.repeat(150)]) {
      await staff.expect(400, staff.get(`${jobs}?cursor=${encodeURIComponent(wrong)}`));
    }
  });

  it('find no job under an id that is none', async () => {
    for (const id of ['999999999', 'no such job', '%00', '..', "' or true --", '😀', 'x'.repeat(500)]) {
      await staff.expect(404, staff.post(`${jobs}/${encodeURIComponent(id)}/retry`));
    }
  });

  it('are the only ones who see any of it', async () => {
    const [one] = await network.services.queue.failedJobs({ offset: 0, limit: 1 });
    for (const persona of [acme.owner, acme.member]) {
      await persona.expect(403, persona.get(system));
      await persona.expect(403, persona.get(jobs));
      await persona.expect(403, persona.post(`${jobs}/${one!.id}/retry`));
    }
    const program = await acme.program({ role: 'OWNER' });
    await program.expect(403, program.get(system));
    await network.anonymous.expect(401, network.anonymous.get(jobs));
  });
});

describe('a system where something is wrong', () => {
  let network: Network;
  let staff: Persona;
  let acme: Tenant;

  beforeAll(async () => {
    network = await startNetwork({ worker: false, apiEnv: { REPLIES: 'off' } });
    [staff, acme] = await Promise.all([appoint(network), network.tenant('acme')]);
  }, 60_000);

  afterAll(() => network?.stop());

  it('says that nobody is answered, and why', async () => {
    expect(checkIn(await see(staff), 'replies')).toMatchObject({
      state: 'warning',
      detail: expect.stringContaining('REPLIES=off'),
    });
  });

  it('says since when jobs wait that no worker takes', async () => {
    await acme.owner.expect(
      201,
      acme.owner.post(`${acme.path}/invitations`, { email: 'guest@example.com', role: 'MEMBER' }),
    );
    const { queue } = await see(staff);
    expect(queue).toMatchObject({ waiting: 1, kinds: [{ name: 'invitations.send', waiting: 1 }] });
    const waitedMs = Date.now() - Date.parse(queue.waiting_since);
    expect(waitedMs).toBeLessThan(60_000);
    // As if it waited for five minutes, then for an hour.
    for (const [minutes, state] of [
      [5, 'warning'],
      [60, 'failed'],
    ] as const) {
      await network.sql(
        `update bullmq.job set added_at_ms = (extract(epoch from now() - $1 * interval '1 minute') * 1000)::bigint`,
        [minutes],
      );
      const check = checkIn(await see(staff), 'waiting_jobs');
      expect([check.state, check.detail]).toEqual([state, `The oldest waits for ${minutes} minutes.`]);
    }
  });

  it('counts the events of all organizations that are not done with', async () => {
    const { page } = await acme.connectPage();
    for (const text of ['one', 'two', 'three']) {
      await network.simulator.post(`/__sim/pages/${page.page_id}/comments`, { text });
    }
    await network.simulator.calm();
    await network.sql(
      `update webhook_events set state = 'failed' where id = (select id from webhook_events where page_id = $1 limit 1)`,
      [page.page_id],
    );
    const seen = await see(staff);
    expect(seen.events).toEqual({ pending: 2, parked: 0, failed: 1 });
    expect(checkIn(seen, 'events')).toMatchObject({ state: 'warning' });
  });

  it('says until when Facebook is left alone, and for what', async () => {
    await network.sql(
      `insert into app_pauses (app_id, until, reason) values ('257000000000001', app.now() + interval '5 minutes', 'Too many calls.')`,
    );
    const check = checkIn(await see(staff), 'facebook');
    expect(check).toMatchObject({
      state: 'warning',
      detail: expect.stringMatching(/^Paused until .*Z: Too many calls\.$/),
    });
    await network.sql('delete from app_pauses');
    expect(checkIn(await see(staff), 'facebook').state).toBe('ok');
  });

  it('says that a migration is missing, or unknown here', async () => {
    const [newest] = await network.sql(
      'delete from migrations where id = (select max(id) from migrations) returning *',
    );
    expect(checkIn(await see(staff), 'schema')).toMatchObject({ state: 'failed', fix: 'Run pagekeeper migrate.' });
    await network.sql('insert into migrations (id, name, batch, migration_time) values ($1, $2, $3, $4)', [
      newest.id,
      newest.name,
      newest.batch,
      newest.migration_time,
    ]);
    await network.sql(`insert into migrations (name, batch, migration_time) values ('9999_of_tomorrow', 9, now())`);
    expect(checkIn(await see(staff), 'schema')).toMatchObject({ state: 'warning' });
    await network.sql(`delete from migrations where name = '9999_of_tomorrow'`);
    expect(checkIn(await see(staff), 'schema').state).toBe('ok');
  });

  itWithoutBalancer('shows what it can while the queue does not answer', async () => {
    await network.sql(`alter schema bullmq rename to bullmq_gone`);
    try {
      const seen = await see(staff);
      expect(seen.queue).toBeNull();
      expect([checkIn(seen, 'queue').state, checkIn(seen, 'waiting_jobs').state]).toEqual(['failed', 'failed']);
      expect(checkIn(seen, 'database').state).toBe('ok');
      const refused = await staff.get(jobs);
      expect([refused.status, refused.body.code]).toEqual([503, 'unavailable']);
    } finally {
      await network.sql(`alter schema bullmq_gone rename to bullmq`);
    }
  });
});
