import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { Answer } from '@pagekeeper/testing/network/persona';
import type { Tenant } from '@pagekeeper/testing/network/tenant';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { holdAnswersToTheContract, idsOf } from './contract.ts';

holdAnswersToTheContract();

let network: Network;
let acme: Tenant;
let rival: Tenant;

beforeAll(async () => {
  network = await startNetwork({ worker: false });
  [acme, rival] = await Promise.all([network.tenant('acme'), network.tenant('rival')]);
}, 60_000);

afterAll(() => network?.stop());

const keyed = (key: string) => ({ 'Idempotency-Key': key });
const replayed = ({ headers }: Answer) => headers['idempotent-replayed'] === 'true';
const create = (tenant: Tenant, name: string, key: string, persona = tenant.owner) =>
  persona.post(`${tenant.path}/businesses`, { name }, keyed(key));
const businesses = async (tenant: Tenant, name: string) => {
  const { data } = await tenant.owner.expect(200, tenant.owner.get(`${tenant.path}/businesses?limit=100`));
  return data.filter((business: { name: string }) => business.name === name);
};

/** Facebook takes its time with the next check. */
const slowDown = (ms: number) =>
  network.simulator.post('/__sim/faults', {
    match: { endpoint: 'debug_token' },
    fault: { type: 'latency', ms },
    times: 1,
  });
const untilUnderWay = () =>
  network.untilSql(
    `select 1 from idempotency_keys where status is null and created_at > now() - interval '1 minute'`,
    'the request is under way',
  );

/** The next transaction that writes there fails when it commits, as if another one had come between: once. */
async function failFirstCommitOf(table: string, on: 'insert' | 'update' = 'insert'): Promise<void> {
  await network.sql(`
    drop sequence if exists public.commits cascade;
    create sequence public.commits;
    grant usage on sequence public.commits to public;
    create or replace function public.fail_once() returns trigger language plpgsql as $$
    begin
      if nextval('public.commits') = 1 then raise exception 'came between' using errcode = '40001'; end if;
      return null;
    end $$;
    create constraint trigger fail_once after ${on} on ${table} deferrable initially deferred
      for each row execute function public.fail_once()`);
  undo.push(`drop trigger fail_once on ${table}`);
}

const undo: string[] = [];
afterEach(async () => {
  for (const statement of undo.splice(0)) await network.sql(statement);
});

describe('a POST with an Idempotency-Key', () => {
  it('acts once, and is answered alike the second time', async () => {
    const first = await create(acme, 'Once', 'once-1');
    const second = await create(acme, 'Once', 'once-1');
    expect([first.status, replayed(first)]).toEqual([201, false]);
    expect([second.status, second.text, replayed(second)]).toEqual([201, first.text, true]);
    expect(second.headers.etag).toMatch(/^"v\d+"$/);
    expect(second.headers.etag).toBe(first.headers.etag);
    expect(await businesses(acme, 'Once')).toHaveLength(1);
  });

  it('sent 50 times at once makes one row; each answer is the stored one or 409, and all are equal when tried again', async () => {
    const send = () => create(acme, 'Fifty', 'fifty');
    const answers = await Promise.all(Array.from({ length: 50 }, send));
    const stored = new Set<string>();
    for (const answer of answers) {
      if (answer.status === 201) stored.add(answer.text);
      else
        expect([answer.status, answer.body.code, answer.headers['retry-after']]).toEqual([
          409,
          'request_in_flight',
          '1',
        ]);
    }
    expect(stored.size).toBe(1);
    for (const answer of await Promise.all(Array.from({ length: 50 }, send))) {
      expect([answer.status, answer.text]).toEqual([201, [...stored][0]]);
    }
    expect(await businesses(acme, 'Fifty')).toHaveLength(1);
  });

  it('is refused with another body or address', async () => {
    await acme.owner.expect(201, create(acme, 'First Body', 'two-bodies'));
    const other = await create(acme, 'Second Body', 'two-bodies');
    expect([other.status, other.body.code]).toEqual([422, 'idempotency_key_reused']);
    const elsewhere = await acme.owner.post(`${acme.path}/restore`, undefined, keyed('two-bodies'));
    expect([elsewhere.status, elsewhere.body.code]).toEqual([422, 'idempotency_key_reused']);
  });

  it('is another person’s own, and another tenant’s', async () => {
    const ids = [
      await create(acme, 'Mine', 'shared'),
      await create(acme, 'Mine', 'shared', acme.admin),
      await create(rival, 'Mine', 'shared'),
    ].map(({ status, body }) => [status, body.id]);
    expect(new Set(ids.map(([, id]) => id)).size).toBe(3);
    expect(ids.map(([status]) => status)).toEqual([201, 201, 201]);
  });

  it('is remembered, too, when Postgres has the transaction done again', async () => {
    await failFirstCommitOf('businesses');
    const first = await create(acme, 'Done Again', 'done-again');
    const second = await create(acme, 'Done Again', 'done-again');
    expect([first.status, second.status, second.text, replayed(second)]).toEqual([201, 201, first.text, true]);
    expect(await businesses(acme, 'Done Again')).toHaveLength(1);
  });

  it('is remembered the same way outside of any tenant, and where its answer came later', async () => {
    await failFirstCommitOf('organizations');
    const make = () => acme.admin.post('/v1/organizations', { name: 'Made Again' }, keyed('made-again'));
    const [made, again] = [await make(), await make()];
    expect([made.status, again.status, again.text, replayed(again)]).toEqual([201, 201, made.text, true]);
    const { id } = await acme.connectPage();
    await failFirstCommitOf('idempotency_keys', 'update');
    const check = () =>
      acme.owner.post(`${acme.path}/integrations/${id}/refresh?wait=true`, undefined, keyed('checked-again'));
    const [checked, later] = [await check(), await check()];
    expect([checked.status, later.status, later.text, replayed(later)]).toEqual([200, 200, checked.text, true]);
  });

  it('tells its answer no more to who may not do it any more', async () => {
    const there = await network.tenant('there');
    const { data } = await there.owner.expect(200, there.owner.get(`${there.path}/members?role=ADMIN`));
    const become = (role: string) =>
      there.owner.expect(200, there.owner.patch(`${there.path}/members/${data[0].id}`, { role }));
    const body = { name: 'Shop system', role: 'MEMBER' };
    const make = () => there.admin.post(`${there.path}/api-keys`, body, keyed('a-key'));
    const first = await make();
    expect(first.status).toBe(201);
    await become('MEMBER');
    const refused = await make();
    expect([refused.status, refused.body.code, replayed(refused)]).toEqual([403, 'forbidden', false]);
    expect(refused.text).not.toContain(first.body.secret);
    await become('ADMIN');
    const again = await make();
    expect([again.status, again.text, replayed(again)]).toEqual([201, first.text, true]);
    const listed = await there.owner.expect(200, there.owner.get(`${there.path}/api-keys`));
    expect(listed.data).toHaveLength(1);
  });

  it('is tried anew after a refusal: nothing was done', async () => {
    const taken = { name: 'Slug', slug: 'e-commerce-store' };
    const post = () => acme.owner.post(`${acme.path}/businesses`, taken, keyed('refused'));
    expect((await post()).body.code).toBe('slug_taken');
    await acme.owner.expect(
      200,
      acme.owner.patch(`${acme.path}/businesses/${acme.business.id}`, { slug: 'moved-away' }),
    );
    await acme.owner.expect(201, post());
  });

  it('makes one organization, outside of any tenant', async () => {
    const send = () => rival.owner.post('/v1/organizations', { name: 'Only One' }, keyed('organization'));
    const [first, second] = [await send(), await send()];
    expect([first.status, second.status, second.text, replayed(second)]).toEqual([201, 201, first.text, true]);
    const { data } = await rival.owner.expect(200, rival.owner.get('/v1/organizations'));
    expect(idsOf({ data: data.filter(({ name }: { name: string }) => name === 'Only One') })).toEqual([first.body.id]);
  });

  it('repeats the answer of a check that was waited for', async () => {
    const { id } = await acme.connectPage();
    const send = () => acme.owner.post(`${acme.path}/integrations/${id}/refresh?wait=true`, undefined, keyed('check'));
    const [first, second] = [await send(), await send()];
    expect([first.status, first.body.outcome]).toEqual([200, 'checked']);
    expect([second.status, second.text, replayed(second)]).toEqual([200, first.text, true]);
  });

  it('is told that a check that is waited for is under way, and its answer afterwards', async () => {
    const { id } = await acme.connectPage();
    const send = () => acme.owner.post(`${acme.path}/integrations/${id}/refresh?wait=true`, undefined, keyed('slow'));
    await slowDown(2_000);
    const first = send();
    await untilUnderWay();
    const meanwhile = await send();
    expect([meanwhile.status, meanwhile.body.code, meanwhile.headers['retry-after']]).toEqual([
      409,
      'request_in_flight',
      '1',
    ]);
    const { status, text } = await first;
    const again = await send();
    expect([status, again.status, again.text, replayed(again)]).toEqual([200, 200, text, true]);
    // As if the process had died with it.
    await network.sql(
      `update idempotency_keys set status = null, answer = null, created_at = now() - interval '10 minutes'
       where id = (select id from idempotency_keys order by id desc limit 1)`,
    );
    const lost = await send();
    expect([lost.status, lost.body.code]).toEqual([409, 'answer_lost']);
  });

  it('is told at once that there will be no answer, when what went on after its transaction failed', async () => {
    const there = await network.tenant('there');
    const { id } = await there.connectPage();
    const send = () =>
      there.admin.post(`${there.path}/integrations/${id}/refresh?wait=true`, undefined, keyed('failed'));
    await slowDown(2_000);
    const first = send();
    await untilUnderWay();
    const demoted = `update organization_memberships set role = 'MEMBER' where organization_id = $1 and role = 'ADMIN'`;
    await network.sql(demoted, [there.uuid]);
    expect((await first).status).toBe(403);
    const again = await send();
    expect([again.status, again.body.code]).toEqual([409, 'answer_lost']);
  });

  it('stores its answer sealed', async () => {
    await acme.owner.expect(201, create(acme, 'Sealed Name', 'sealed'));
    const rows = await network.sql(
      `select encode(answer, 'escape') as text from idempotency_keys where answer is not null`,
    );
    expect(rows.length).toBeGreaterThan(3);
    for (const { text } of rows) expect(text).not.toContain('biz_');
  });

  it.each([
    ['an empty key', ''],
    ['a key of 256 letters', 'x'.repeat(256)],
    ['a key with a blank', 'a b'],
  ])('is refused with %s', async (_, key) => {
    const answer = await create(acme, 'Never', key);
    expect([answer.status, answer.body.code]).toEqual([400, 'invalid_request']);
  });
});

describe('a resource', () => {
  const path = () => `${acme.path}/businesses/${acme.business.id}`;

  it('says its version, and a change is refused to who has not seen the last one', async () => {
    const { headers } = await acme.owner.get(path());
    expect(headers.etag).toMatch(/^"v\d+"$/);
    const change = (description: string, etag: string) =>
      acme.owner.patch(path(), { description }, { 'If-Match': etag });
    const changed = await change('Mine.', headers.etag!);
    expect([changed.status, changed.headers.etag === headers.etag]).toEqual([200, false]);
    const late = await change('Not seen.', headers.etag!);
    expect([late.status, late.body.code]).toEqual([412, 'stale_version']);
    const shown = await acme.owner.get(path());
    expect([shown.body.description, shown.headers.etag]).toEqual(['Mine.', changed.headers.etag]);
    expect((await change('Whatever.', '*')).status).toBe(200);
    expect((await change('One of these.', `"v1", "v2", "v3", "v4", "v5"`)).status).toBe(200);
  });

  it('has another version after it was deactivated, and another one when it is back', async () => {
    const { owner } = acme;
    const integration = await owner.expect(
      201,
      owner.post(`${path()}/integrations`, { integration_type: 'FACEBOOK_PAGE', name: 'Page' }),
    );
    for (const resource of [`${acme.path}/integrations/${integration.id}`, path(), acme.path]) {
      const etagOf = async () => (await owner.get(`${resource}?active=any`)).headers.etag;
      const before = await etagOf();
      await owner.expect(204, owner.delete(resource));
      const between = await etagOf();
      await owner.expect(200, owner.post(`${resource}/restore`));
      const late = await owner.patch(resource, { name: 'Not seen.' }, { 'If-Match': between! });
      expect([late.status, late.body.code], resource).toEqual([412, 'stale_version']);
      expect(new Set([before, between, await etagOf()]).size, resource).toBe(3);
      const seen = { 'If-Match': (await etagOf())! };
      const unseen = await owner.delete(resource, { 'If-Match': before! });
      expect([unseen.status, unseen.body.code], resource).toEqual([412, 'stale_version']);
      await owner.expect(204, owner.delete(resource, seen));
      await owner.expect(200, owner.post(`${resource}/restore`));
    }
  });

  it('is read anew each time: what a check finds is shown, and is no new version', async () => {
    const { id, page } = await acme.connectPage();
    const get = (headers = {}) => acme.owner.get(`${acme.path}/integrations/${id}`, headers);
    const before = await get();
    await network.simulator.post(`/__sim/people/${page.personId}/events`, { type: 'password_change' });
    await acme.refresh(id);
    const after = await get({ 'If-None-Match': before.headers.etag! });
    expect([after.status, after.headers.etag]).toEqual([200, before.headers.etag]);
    expect([before, after].map(({ body }) => body.facebook_page.status)).toEqual(['healthy', 'needs_reauth']);
  });

  it('lets one of two who change the same version win', async () => {
    const { headers } = await acme.owner.get(acme.path);
    const rename = (name: string) => acme.owner.patch(acme.path, { name }, { 'If-Match': headers.etag! });
    const statuses = (await Promise.all(['A', 'B', 'C', 'D'].map(rename))).map(({ status }) => status);
    expect(statuses.sort()).toEqual([200, 412, 412, 412]);
  });
});
