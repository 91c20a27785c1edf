import { sweepEventsJob, sweepNotificationsJob } from '@pagekeeper/domain/jobs';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { Persona } from '@pagekeeper/testing/network/persona';
import type { ConnectedPage, Tenant } from '@pagekeeper/testing/network/tenant';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

let network: Network;
let acme: Tenant;

beforeAll(async () => {
  network = await startNetwork({ mail: true });
}, 60_000);

afterAll(() => network?.stop());
beforeEach(async () => {
  acme = await network.tenant('acme');
});
afterEach(async () => {
  await network.moveClock(0);
  await network.simulator.delete('/__sim/faults');
});

describe('what people are told of a page', () => {
  it('that it died, and that fresh tokens made it work again: OWNER and ADMIN, once each, the MEMBER nothing', async () => {
    const connected = await acme.connectPage({ name: 'Blue Cup' });
    await happens(connected, { type: 'password_change' });
    for (let check = 0; check < 3; check += 1) await acme.refresh(connected.id);
    expect(await told()).toEqual(['“Blue Cup 1” stopped working']);
    const [fresh] = await network.simulator.logIn(connected.page.personId);
    const { userToken: access_token, page_access_token, page_id } = fresh!;
    const path = `${acme.path}/integrations/${connected.id}/facebook-page`;
    await acme.owner.expect(200, acme.owner.put(path, { page_id, access_token, page_access_token }));
    for (let check = 0; check < 3; check += 1) await acme.refresh(connected.id);
    expect(await told()).toEqual(['“Blue Cup 1” stopped working', '“Blue Cup 1” works again']);
  });

  it('that it works again by itself', async () => {
    const connected = await acme.connectPage({ name: 'Blue Cup' });
    for (const type of ['checkpoint', 'checkpoint_lifted']) {
      await happens(connected, { type });
      await acme.refresh(connected.id);
    }
    expect(await told()).toEqual(['“Blue Cup 1” stopped working', '“Blue Cup 1” works again']);
  });

  it('that it gets no events, once that has lasted, and not that it works again before they come', async () => {
    const connected = await acme.connectPage({ name: 'Blue Cup' });
    await happens(connected, { type: 'password_change' });
    await acme.refresh(connected.id);
    const { page_id } = connected.page;
    await network.simulator.post('/__sim/faults', {
      match: { endpoint: 'subscribed_apps', page_id },
      fault: { type: 'error', code: 200, message: '(#200) Permissions error' },
    });
    const [fresh] = await network.simulator.logIn(connected.page.personId);
    const { userToken: access_token, page_access_token } = fresh!;
    const path = `${acme.path}/integrations/${connected.id}/facebook-page`;
    await acme.owner.expect(200, acme.owner.put(path, { page_id, access_token, page_access_token }));
    const stopped = '“Blue Cup 1” stopped working';
    const deaf = '“Blue Cup 1” gets no events any more';
    for (const [hours, mails] of [
      [0, [stopped]],
      [1.2, [stopped]],
      [2.4, [stopped, deaf]],
      [3.6, [stopped, deaf]],
    ] as const) {
      await network.moveClock(hours);
      expect((await acme.refresh(connected.id)).integration.facebook_page.status).toBe('not_subscribed');
      expect(await told()).toEqual(mails);
    }
    await network.simulator.delete('/__sim/faults');
    await acme.refresh(connected.id);
    const well = ['“Blue Cup 1” works again', '“Blue Cup 1” gets its events again'];
    expect(await told()).toEqual([stopped, deaf, ...well]);
  }, 60_000);

  it('in one mail, however many pages stopped working', async () => {
    const connected = await acme.connectPage({ name: 'Blue Cup' });
    await network.sql(
      `insert into notifications (organization_id, id, user_id, integration_id, kind, episode, detail)
       select $1, gen_random_uuid(), person, (select id from integrations where organization_id = $1), 'dead',
         app.now() + page * interval '1 second', jsonb_build_object('page_name', 'Blue Cup ' || page, 'detail', 'Ended.')
       from generate_series(1, 600) as page, unnest($2::uuid[]) as person order by page`,
      [acme.uuid, [acme.owner.userId, acme.admin.userId]],
    );
    expect(connected.integration.facebook_page.status).toBe('healthy');
    // One person's news fill a run: the other's do not wait for the next minute.
    expect(await told()).toEqual(['600 pages stopped working']);
  });

  it('that Facebook keeps it from sending: by an answer or by its word, once a day', async () => {
    const connected = await acme.connectPage({ name: 'Blue Cup' });
    const { page_id } = connected.page;
    const isPaused = `select 1 from facebook_page_integrations where page_id = '${page_id}'
      and paused_until > app.now() + interval '5 hours'`;
    await network.simulator.post(`/__sim/pages/${page_id}/events`, { type: 'restricted', reason: 'Spam.' });
    await network.untilSql(isPaused, 'the page rests');
    await network.simulator.post(`/__sim/pages/${page_id}/messages`, { text: 'Hello?' });
    await network.simulator.calm();
    await network.moveClock(6.1);
    await network.services.queue.enqueue(sweepEventsJob, {});
    await network.untilSql(isPaused, 'the page rests again, since it is refused still');
    await network.simulator.post(`/__sim/pages/${page_id}/events`, { type: 'unrestricted', reason: 'Appeal.' });
    await network.moveClock(12.3);
    await network.settle(60_000);
    const [reply] = await network.sql('select state from replies where page_id = $1', [page_id]);
    expect(reply).toEqual({ state: 'sent' });
    expect(await told()).toEqual(['Facebook keeps “Blue Cup 1” from answering']);
  }, 120_000);

  // Who asks for a longer life may get the same again, and an end that is a second later by rounding.
  it.each(['unchanged', 'rounded'])(
    'fourteen, seven and three days and one day before its login ends, once each (%s)',
    async exchange => {
      await network.simulator.patch('/__sim/app', { exchange });
      const connected = await acme.connectPage({ name: 'Blue Cup' });
      for (const day of [45, 46.5, 47, 52, 53.5, 54, 57.5, 58, 59.5]) {
        await network.moveClock(day * 24);
        await acme.refresh(connected.id);
      }
      const left = (days: string) => `${days} left: reconnect “Blue Cup 1”`;
      expect(await told()).toEqual([left('14 days'), left('7 days'), left('3 days'), left('1 day')]);
    },
  );
});

describe('a mailbox that does not work', () => {
  const refuse = (persona: Persona, address: string) =>
    network.sql('update auth.users set email = $2 where id = $1', [persona.userId, address]);
  const waiting = async () =>
    (await network.sql('select count(*)::int from notifications where organization_id = $1 and sent_at is null', [
      acme.uuid,
    ])) as unknown;

  it('keeps nothing from the others; what is refused for good is given up, what is not now waits', async () => {
    const connected = await acme.connectPage({ name: 'Blue Cup' });
    await Promise.all([
      refuse(acme.owner, `gone.${acme.organization.slug}@example.com`),
      refuse(acme.admin, `full.${acme.organization.slug}@example.com`),
    ]);
    await happens(connected, { type: 'password_change' });
    await acme.refresh(connected.id);
    await network.services.queue.enqueue(sweepNotificationsJob, {});
    await network.settle();
    expect(await waiting()).toEqual([{ count: 1 }]);
    await network.sql('update notifications set claimed_at = null where organization_id = $1', [acme.uuid]);
    await refuse(acme.admin, acme.admin.email);
    await network.services.queue.enqueue(sweepNotificationsJob, {});
    await network.settle();
    expect(await waiting()).toEqual([{ count: 0 }]);
    expect((await network.mailsTo(acme.admin.email)).map(({ subject }) => subject)).toContain(
      '“Blue Cup 1” stopped working',
    );
  });
});

describe('what people are told of staff', () => {
  it('that they entered, and why: OWNER and ADMIN who want to know, once for each time', async () => {
    const sam = await network.persona(`Sam Staff ${process.pid}`).signUp();
    await network.sql('update auth.users set is_staff = true where id = $1', [sam.userId]);
    const { organization, owner, admin, member } = acme;
    const enter = (reason: string) =>
      sam.expect(201, sam.post(`/v1/staff/organizations/${organization.slug}/enter`, { reason }));
    const mails = async (count: number, { email }: Persona) => {
      await network.services.queue.enqueue(sweepNotificationsJob, {});
      await network.settle();
      const all = await network.mailsTo(email.toLowerCase(), 0);
      const about = all.filter(({ subject }) => subject === `Staff of Pagekeeper entered ${organization.slug}`);
      expect(about, email).toHaveLength(count);
      return about.at(-1)?.text ?? '';
    };
    await enter('Ticket 7: <b>replies</b> stopped');
    for (const persona of [owner, admin]) {
      expect(await mails(1, persona)).toContain('\n\n“Ticket 7: <b>replies</b> stopped”\n\n');
    }
    await mails(0, member);
    await admin.expect(200, admin.patch('/v1/me', { notices: { staff_entered: false } }));
    await enter('Once more');
    expect(await mails(2, owner)).toContain('“Once more”');
    await mails(1, admin);
  });
});

const happens = ({ page }: ConnectedPage, event: object): Promise<unknown> =>
  network.simulator.post(`/__sim/people/${page.personId}/events`, event);

/** The subjects of the mails to OWNER and ADMIN, which are the same; the MEMBER got none. */
async function told(): Promise<string[]> {
  await network.services.queue.enqueue(sweepNotificationsJob, {});
  await network.settle();
  const subjectsOf = async ({ email }: Persona) =>
    (await network.mailsTo(email.toLowerCase(), 0))
      .map(({ subject }) => subject)
      .filter(subject => /Blue|pages/.test(subject));
  const [owner, admin, member] = await Promise.all([acme.owner, acme.admin, acme.member].map(subjectsOf));
  expect(admin).toEqual(owner);
  expect(member).toEqual([]);
  return owner!;
}
