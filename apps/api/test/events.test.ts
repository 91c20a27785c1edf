import { randomUUID } from 'node:crypto';
import { newId, parsePublicId, publicId, type Uuid } from '@pagekeeper/domain/ids';
import { textOf } from '@pagekeeper/domain/replies/reply';
import { withTenant } from '@pagekeeper/domain/tenancy/doors';
import { currentDataKey } from '@pagekeeper/domain/vault/organization-key';
import { type EventFilter, filteredEvents } from '@pagekeeper/domain/webhooks/event-filter';
import { itWithoutTwins } from '@pagekeeper/testing/network/behind-pgbouncer';
import type { EventReader } from '@pagekeeper/testing/network/event-reader';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { Persona } from '@pagekeeper/testing/network/persona';
import type { ConnectedPage, Tenant } from '@pagekeeper/testing/network/tenant';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { holdAnswersToTheContract, holdStreamToTheContract, idsOf } from './contract.ts';
import { keyOf } from './people.ts';

holdAnswersToTheContract();

let network: Network;

beforeAll(async () => {
  // Without a worker, so that events stay what the tests make them.
  network = await startNetwork({ worker: false });
}, 60_000);

afterAll(() => network?.stop());

/** Nobody may find it where payloads are not opened. */
const canary = `CANARY-${randomUUID()}`;
const base = Math.floor(Date.now() / 1_000) - 3_600;

interface Home {
  acme: Tenant;
  page: ConnectedPage;
  events: string;
}

async function home(): Promise<Home> {
  const acme = await network.tenant('acme');
  return { acme, page: await acme.connectPage(), events: `${acme.path}/events` };
}

/**
 * Comments that come one after the other, ten seconds apart in their own time. Returns the events' ids, oldest first.
 * @param from how many tens of seconds after the hour began the first was written
 */
async function receive({ page }: ConnectedPage, count: number, from = 0): Promise<string[]> {
  const commentIds = Array.from({ length: count }, (_, index) => `77_${page.page_id}${from + index}`);
  const changes = commentIds.map((comment_id, index) => ({
    page_id: page.page_id,
    field: 'feed',
    list: 'changes',
    value: {
      item: 'comment',
      verb: 'add',
      comment_id,
      post_id: `${page.page_id}_77`,
      from: { id: '4242', name: canary },
      message: canary,
      created_time: base + (from + index) * 10,
    },
  }));
  await network.simulator.post('/__sim/deliveries', { changes });
  const rows = await network.sql(
    'select id from webhook_events where page_id = $1 and id >= app.event_id_at(to_timestamp($2)) order by id limit $3',
    [page.page_id, base + from * 10, count],
  );
  expect(rows).toHaveLength(count);
  return rows.map(({ id }) => publicId('event', id));
}

/** How many rows the database looks at for a page of the list, those that it throws away included. */
async function explainList(tenant: Tenant, filter: EventFilter): Promise<{ rowsRead: number; text: string }> {
  const ctx = network.contextOf({ type: 'user', userId: tenant.owner.userId as Uuid });
  const [row] = await withTenant(ctx, { organization: tenant.organization.id }, async tx => {
    const list = filteredEvents(tx, filter, query => query.orderBy('webhook_events.id', 'desc').limit(26));
    const { sql, bindings } = list.toKnexQuery().toSQL();
    return (await tx.raw(`explain (analyze, format json) ${sql}`, bindings as never)).rows;
  });
  const [{ Plan: plan }] = row['QUERY PLAN'];
  const countRows = (node: any): number => {
    const isScan = /Scan$/.test(node['Node Type']) && node['Relation Name'];
    const own = isScan ? (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'] : 0;
    return (node.Plans ?? []).reduce((sum: number, child: any) => sum + countRows(child), own);
  };
  return { rowsRead: countRows(plan), text: JSON.stringify(plan) };
}

const uuidOf = (event: string): Uuid => parsePublicId('event', event)!;
const momentOf = (index: number) => new Date((base + index * 10) * 1_000).toISOString();

async function become(events: string[], state: string, more = 'processed_at = now()'): Promise<void> {
  const ids = events.map(uuidOf);
  await network.sql(`update webhook_events set state = $1, ${more} where id = any($2)`, [state, ids]);
}

async function audited({ uuid }: Tenant, action: string): Promise<any[]> {
  return await network.sql(
    'select actor_type, actor_id, subject_id, changes from audit_events where organization_id = $1 and action = $2 order by id',
    [uuid, action],
  );
}

describe('the list of events', () => {
  it('is newest first by the time inside each, and tells nothing of their words', async () => {
    const { acme, page, events } = await home();
    const later = await receive(page, 3, 10);
    const earlier = await receive(page, 2, 0);
    const listed = await acme.member.get(events);
    expect(idsOf(listed.body)).toEqual([...earlier, ...later].reverse());
    expect(listed.body.data.at(-1)).toEqual({
      id: earlier[0],
      integration_id: page.id,
      page_id: page.page.page_id,
      kind: 'comment.add',
      state: 'pending',
      reason: null,
      attempts: 0,
      replay: null,
      occurred_at: momentOf(0),
      received_at: expect.any(String),
      processed_at: null,
      next_attempt_at: null,
    });
    expect(listed.text).not.toContain(canary);
    expect(await audited(acme, 'event.opened')).toEqual([]);
  });

  it('comes in pages, which what is new does not move', async () => {
    const { acme, page, events } = await home();
    const ids = await receive(page, 5);
    const first = await acme.owner.expect(200, acme.owner.get(`${events}?limit=2`));
    await receive(page, 3, 100);
    const second = await acme.owner.expect(200, acme.owner.get(`${events}?limit=2&cursor=${first.next_cursor}`));
    const third = await acme.owner.expect(200, acme.owner.get(`${events}?limit=2&cursor=${second.next_cursor}`));
    expect([first, second, third].flatMap(idsOf)).toEqual(ids.toReversed());
    expect([third.has_more, third.next_cursor]).toEqual([false, null]);
  });

  it('of one page reads none of the others’, however few there are', async () => {
    const { acme, page } = await home();
    const quiet = await acme.connectPage();
    const [only] = await receive(quiet, 1);
    const integrationId = parsePublicId('integration', page.id)!;
    await network.sql(
      `insert into webhook_events (organization_id, id, integration_id, kind, payload, page_id, state)
       select $1, overlay(gen_random_uuid()::text placing left(app.event_id_at(now() - n * interval '1 second')::text, 13)
         from 1 for 13)::uuid, $2, 'post', 'x', $3, (array['pending', 'processed', 'ignored', 'failed'])[1 + n % 4]
       from generate_series(1, 20000) n`,
      [acme.uuid, integrationId, page.page.page_id],
    );
    await network.sql('analyze webhook_events');
    for (const [of, found] of [
      [await acme.connectPage(), []],
      [quiet, [only]],
    ] as const) {
      const filter = { integrationId: parsePublicId('integration', of.id)! };
      const { rowsRead, text } = await explainList(acme, filter);
      expect(rowsRead, text).toBe(found.length);
      expect(idsOf(await acme.owner.expect(200, acme.owner.get(`${acme.path}/events?integration=${of.id}`)))).toEqual(
        found,
      );
    }
  }, 60_000);

  it('is narrowed by integration, kind, state and time', async () => {
    const { acme, page, events } = await home();
    const other = await acme.connectPage();
    const ids = await receive(page, 4);
    const [elsewhere] = await receive(other, 1, 50);
    await become(ids.slice(0, 2), 'processed');
    await network.sql(`update webhook_events set kind = 'post' where id = $1`, [uuidOf(ids[3]!)]);
    const listed = async (query: string) => idsOf(await acme.owner.expect(200, acme.owner.get(`${events}?${query}`)));
    expect(await listed(`integration=${page.id}`)).toEqual(ids.toReversed());
    expect(await listed(`integration=${other.id}&state=pending`)).toEqual([elsewhere]);
    expect(await listed('state=processed')).toEqual([ids[1], ids[0]]);
    expect(await listed('kind=post')).toEqual([ids[3]]);
    expect(await listed(`since=${momentOf(1)}&until=${momentOf(3)}`)).toEqual([ids[2], ids[1]]);
    expect(await listed(`until=${momentOf(0)}`)).toEqual([]);
    expect(await listed(`integration=${page.id}&state=failed`)).toEqual([]);
  });

  it('has those without a time last, and none of them after a moment', async () => {
    const { acme, page, events } = await home();
    const [dated] = await receive(page, 1);
    const change = { item: 'mystery', verb: 'add' };
    const changes = [{ page_id: page.page.page_id, field: 'feed', list: 'changes', value: change }];
    await network.simulator.post('/__sim/deliveries', { changes });
    const { data } = await acme.owner.expect(200, acme.owner.get(events));
    expect(data).toMatchObject([{ id: dated }, { kind: 'unknown', occurred_at: null }]);
    const after = await acme.owner.expect(200, acme.owner.get(`${events}?since=1970-01-01T00:00:01Z`));
    expect(idsOf(after)).toEqual([dated]);
  });

  it('tells of the next attempt while there will be one', async () => {
    const { acme, page, events } = await home();
    const [waiting, over] = await receive(page, 2);
    await become([waiting!], 'pending', `attempts = 2, not_before = '2030-01-01T00:00:00Z'`);
    await become([over!], 'failed', `attempts = 5, reason = 'No use.', not_before = '2030-01-01T00:00:00Z'`);
    const { data } = await acme.owner.expect(200, acme.owner.get(events));
    expect(data).toMatchObject([
      { state: 'failed', attempts: 5, reason: 'No use.', next_attempt_at: null },
      { state: 'pending', attempts: 2, next_attempt_at: '2030-01-01T00:00:00+00:00' },
    ]);
  });

  it.each([
    'state=new',
    'kind=comment',
    'since=yesterday',
    'until=2026-01-01',
    'limit=101',
    'cursor=x',
    'sort=kind',
    'page_id=1',
    'integration=%00&x=1',
  ])('refuses %s', async query => {
    const { acme, events } = await home();
    expect((await acme.owner.expect(400, acme.owner.get(`${events}?${query}`))).code).toBe('invalid_request');
  });

  it('is a 404 for an integration that is another’s or nobody’s, and shows what a deactivated one was told', async () => {
    const { acme, page, events } = await home();
    const rival = await network.tenant('rival');
    for (const [persona, integration] of [
      [acme.owner, publicId('integration', newId())],
      [acme.owner, 'nonsense'],
    ] as const) {
      await persona.expect(404, persona.get(`${events}?integration=${integration}`));
    }
    await receive(page, 1);
    await rival.owner.expect(404, rival.owner.get(`${rival.path}/events?integration=${page.id}`));
    await acme.owner.expect(204, acme.owner.delete(`${acme.path}/integrations/${page.id}`));
    const { data } = await acme.owner.expect(200, acme.owner.get(`${events}?integration=${page.id}`));
    expect(data).toHaveLength(1);
  });
});

describe('an event', () => {
  it('is opened by whoever may read, who then stands in the audit log', async () => {
    const { acme, page, events } = await home();
    const [id] = await receive(page, 1);
    const opened = await acme.member.expect(200, acme.member.get(`${events}/${id}`));
    expect(opened.payload).toMatchObject({ field: 'feed', value: { message: canary, from: { id: '4242' } } });
    const { data } = await acme.owner.expect(200, acme.owner.get(events));
    const { payload: _, ...rest } = opened;
    expect(data).toEqual([rest]);
    const key = await keyOf(network, acme, 'MEMBER', ['read']);
    const program = network.persona('program');
    await program.expect(200, program.get(`${events}/${id}`, key.headers));
    expect(await audited(acme, 'event.opened')).toEqual([
      { actor_type: 'user', actor_id: acme.member.userId, subject_id: uuidOf(id!), changes: {} },
      { actor_type: 'api_key', actor_id: key.id, subject_id: uuidOf(id!), changes: {} },
    ]);
  });

  it('that was tampered with is said to be damaged', async () => {
    const { acme, page, events } = await home();
    const [first, second] = (await receive(page, 2)).map(uuidOf);
    // One payload in the other's place.
    await network.sql(
      'update webhook_events set payload = (select payload from webhook_events where id = $1) where id = $2',
      [first, second],
    );
    const path = `${events}/${publicId('event', second!)}`;
    expect((await acme.owner.expect(409, acme.owner.get(path))).code).toBe('contents_damaged');
    expect(await audited(acme, 'event.opened')).toEqual([]);
    expect((await acme.owner.expect(200, acme.owner.get(events))).data).toHaveLength(2);
  });
});

describe('the replies', () => {
  /** A row as the worker leaves it, with or without its words. */
  async function reply({ acme, page }: Home, values: { state: string; kind?: string; text?: string }): Promise<string> {
    const { state, kind = 'public_comment', text } = values;
    const id = newId();
    const ctx = { ...network.services, actor: { type: 'job', job: 'test', jobId: '1' }, requestId: 'test' } as const;
    const key = await withTenant(ctx, { organization: acme.uuid }, tx => currentDataKey(tx, ctx.vault));
    const sealed = text === undefined ? null : ctx.vault.seal(key, textOf(id), Buffer.from(text)).bytes();
    await network.sql(
      `insert into replies (organization_id, id, integration_id, event_id, page_id, source_id, kind, state, reason, text)
       values ($1, $2, $3, $4, $5, $2::uuid, $6, $7, 'Why.', $8)`,
      [acme.uuid, id, parsePublicId('integration', page.id), newId(), page.page.page_id, kind, state, sealed],
    );
    return publicId('reply', id);
  }

  it('are listed newest first without their words, and narrowed', async () => {
    const here = await home();
    const { acme, page } = here;
    const sent = await reply(here, { state: 'sent', text: canary });
    const skipped = await reply(here, { state: 'skipped', kind: 'message' });
    const replies = `${acme.path}/replies`;
    const listed = await acme.member.get(replies);
    expect(listed.body.data).toEqual([
      expect.objectContaining({ id: skipped, kind: 'message', state: 'skipped', reason: 'Why.', sent_id: null }),
      expect.objectContaining({ id: sent, integration_id: page.id, page_id: page.page.page_id, finished_at: null }),
    ]);
    expect(listed.text).not.toContain(canary);
    const narrowed = async (query: string) =>
      idsOf(await acme.owner.expect(200, acme.owner.get(`${replies}?${query}`)));
    expect(await narrowed('state=sent')).toEqual([sent]);
    expect(await narrowed('kind=message')).toEqual([skipped]);
    expect(await narrowed(`integration=${page.id}&limit=1`)).toEqual([skipped]);
    expect(await narrowed(`integration=${page.id}&state=unknown`)).toEqual([]);
    await acme.owner.expect(404, acme.owner.get(`${replies}?integration=${publicId('integration', newId())}`));
    await acme.owner.expect(400, acme.owner.get(`${replies}?state=gone`));
  });

  it('show their words one at a time, and who looked', async () => {
    const here = await home();
    const { acme } = here;
    const words = `Hello "you"\n${canary} 😀`;
    const [sent, skipped] = [
      await reply(here, { state: 'sent', text: words }),
      await reply(here, { state: 'skipped' }),
    ];
    const open = (id: string) => acme.member.get(`${acme.path}/replies/${id}`);
    expect((await acme.member.expect(200, open(sent))).text).toBe(words);
    expect((await acme.member.expect(200, open(skipped))).text).toBeNull();
    expect((await audited(acme, 'reply.opened')).map(({ subject_id }) => publicId('reply', subject_id))).toEqual([
      sent,
      skipped,
    ]);
    await network.sql('update replies set text = $1 where id = $2', [Buffer.alloc(60), parsePublicId('reply', sent)]);
    expect((await acme.member.expect(409, open(sent))).code).toBe('contents_damaged');
  });
});

describe('a replay', () => {
  const rows = async (events: string[]) =>
    await network.sql(
      'select state, replay, attempts, not_before, processed_at, reason from webhook_events where id = any($1) order by id',
      [events.map(uuidOf)],
    );
  const again = (replay: string) => ({
    state: 'pending',
    replay,
    attempts: 0,
    not_before: null,
    processed_at: null,
    reason: null,
  });

  it('of one event makes it pending again, quietly unless replies are asked for', async () => {
    const { acme, page, events } = await home();
    const [quiet, loud] = await receive(page, 2);
    await become([quiet!, loud!], 'failed', `attempts = 3, not_before = now(), processed_at = now(), reason = 'Bad.'`);
    const done = { dry_run: false, matched: 1, replayed: 1, already_waiting: 0, has_more: false, next_cursor: null };
    const path = (id: string | undefined) => `${events}/${id}/replay`;
    expect(await acme.admin.expect(200, acme.admin.post(path(quiet)))).toEqual(done);
    expect(await acme.admin.expect(200, acme.admin.post(path(loud), { with_replies: true }))).toEqual(done);
    expect(await rows([quiet!, loud!])).toEqual([again('quiet'), again('replies')]);
    const repeated = await acme.admin.expect(200, acme.admin.post(path(loud)));
    expect(repeated).toEqual({ ...done, replayed: 0, already_waiting: 1 });
    expect(await rows([loud!])).toEqual([again('replies')]);
    expect((await audited(acme, 'events.replayed')).map(({ changes }) => changes)).toEqual([
      { with_replies: false, matched: 1, replayed: 1, already_waiting: 0 },
      { with_replies: true, matched: 1, replayed: 1, already_waiting: 0 },
      { with_replies: false, matched: 1, replayed: 0, already_waiting: 1 },
    ]);
  });

  it('of many counts first when told to, takes what the filter names, and can be repeated', async () => {
    const { acme, page, events } = await home();
    const other = await acme.connectPage();
    const ids = await receive(page, 6);
    const others = await receive(other, 2, 20);
    await become([...ids.slice(0, 4), ...others], 'processed');
    await become([ids[4]!], 'parked', 'reason = null');
    const filter = { integration: page.id, since: momentOf(1), kind: 'comment.add' };
    const replay = (body: object) => acme.owner.expect(200, acme.owner.post(`${events}/replay`, body));
    const counts = { matched: 5, replayed: 3, already_waiting: 2, has_more: false, next_cursor: null };
    expect(await replay({ filter, dry_run: true })).toEqual({ dry_run: true, ...counts });
    expect((await rows(ids)).map(({ replay }) => replay)).toEqual(Array(6).fill(null));
    expect(await replay({ filter })).toEqual({ dry_run: false, ...counts });
    expect((await rows(ids)).map(({ state }) => state)).toEqual([
      'processed',
      'pending',
      'pending',
      'pending',
      'parked',
      'pending',
    ]);
    expect(await replay({ filter })).toMatchObject({ replayed: 0, already_waiting: 5 });
    expect(await replay({ filter: { state: 'processed' } })).toMatchObject({ matched: 3, replayed: 3 });
    const [tried] = await audited(acme, 'events.replay_tried');
    expect(tried.changes).toMatchObject({ filter: { integration: page.id, kind: 'comment.add' }, replayed: 3 });
    const [line] = await audited(acme, 'events.replayed');
    expect(line).toMatchObject({ subject_id: acme.uuid, changes: { with_replies: false, replayed: 3 } });
  });

  it('takes 10,000 at a time, oldest first, and goes on where it ended', async () => {
    const { acme, page, events } = await home();
    await receive(page, 1);
    await network.sql(
      `insert into webhook_events (organization_id, id, integration_id, page_id, kind, payload, state)
       select organization_id, (substr(id::text, 1, 24) || lpad(to_hex(n), 12, '0'))::uuid, integration_id, page_id, kind,
         payload, 'ignored'
       from webhook_events, generate_series(1, 10049) n where organization_id = $1`,
      [acme.uuid],
    );
    await network.sql(`update webhook_events set state = 'ignored' where organization_id = $1`, [acme.uuid]);
    const body = { filter: {} };
    const first = await acme.owner.expect(200, acme.owner.post(`${events}/replay`, body));
    expect(first).toMatchObject({ matched: 10_000, replayed: 10_000, already_waiting: 0, has_more: true });
    const [{ newest }] = (await network.sql(
      `select max(id::text) filter (where state = 'pending') < min(id::text) filter (where state = 'ignored') as newest
       from webhook_events where organization_id = $1`,
      [acme.uuid],
    )) as [{ newest: boolean }];
    expect(newest).toBe(true);
    const wrong = await acme.owner.expect(400, acme.owner.post(`${events}/replay`, { ...body, cursor: 'x' }));
    expect(wrong.errors).toMatchObject([{ pointer: '/cursor' }]);
    const next = { ...body, cursor: first.next_cursor };
    const second = await acme.owner.expect(200, acme.owner.post(`${events}/replay`, next));
    expect(second).toMatchObject({ matched: 50, replayed: 50, has_more: false, next_cursor: null });
  });

  it('asked for by several at once takes each event once', async () => {
    const { acme, page, events } = await home();
    await become(await receive(page, 40), 'processed');
    const calls = Array.from({ length: 8 }, (_, index) =>
      [acme.owner, acme.admin][index % 2]!.post(`${events}/replay`, { filter: {} }),
    );
    const answers = await Promise.all(calls);
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
    expect(answers.reduce((sum, { body }) => sum + body.replayed, 0)).toBe(40);
  });

  it('is carried out once under an Idempotency-Key', async () => {
    const { acme, page, events } = await home();
    const ids = await receive(page, 1);
    await become(ids, 'processed');
    const send = () => acme.owner.post(`${events}/replay`, { filter: {} }, { 'Idempotency-Key': 'replay-1' });
    const first = await acme.owner.expect(200, send());
    await become(ids, 'processed');
    expect(await acme.owner.expect(200, send())).toEqual(first);
    expect((await rows(ids))[0].state).toBe('processed');
  });

  it('may be asked for 60 times an hour by an organization, dry runs among them', async () => {
    const { acme, events } = await home();
    const ask = (dry_run = true) => acme.owner.post(`${events}/replay`, { filter: {}, dry_run });
    for (let call = 0; call < 60; call += 1) await acme.owner.expect(200, ask(call % 2 === 0));
    const refused = await ask();
    expect([refused.status, refused.body.code]).toEqual([429, 'over_limit']);
    const seconds = Number(refused.headers['retry-after']);
    expect(seconds).toBeGreaterThan(3_500);
    expect(seconds).toBeLessThanOrEqual(3_600);
    await acme.admin.expect(429, acme.admin.post(`${events}/replay`, { filter: {} }));
    expect(refused.headers['ratelimit-policy']).toBe('"replays";q=60;w=3600');
    const { acme: other, events: others } = await home();
    await other.owner.expect(200, other.owner.post(`${others}/replay`, { filter: {} }));
    // An hour after the first of them.
    await network.sql(
      `update audit_events set created_at = created_at - interval '1 hour' where organization_id = $1 and id = (
         select id from audit_events where organization_id = $1 and action like 'events.repl%' order by id limit 1)`,
      [acme.uuid],
    );
    await acme.owner.expect(200, ask());
    await acme.owner.expect(429, ask());
  });

  it('takes the scope `events` of a program, whatever its role', async () => {
    const { acme, events } = await home();
    const program = network.persona('program');
    for (const [role, scopes, status] of [
      ['ADMIN', ['events'], 200],
      ['ADMIN', ['read', 'write', 'members'], 403],
      ['MEMBER', ['events'], 403],
    ] as const) {
      const { headers } = await keyOf(network, acme, role, [...scopes]);
      await program.expect(status, program.post(`${events}/replay`, { filter: {}, dry_run: true }, headers));
    }
  });

  it.each([
    [{}, '/filter'],
    [{ filter: { states: 'failed' } }, '/filter/states'],
    [{ filter: { state: 'lost' } }, '/filter/state'],
    [{ filter: { since: 'now' } }, '/filter/since'],
    [{ filter: {}, dry_run: 'yes' }, '/dry_run'],
    [{ filter: {}, with_replies: 1 }, '/with_replies'],
  ])('is refused with %j', async (body, pointer) => {
    const { acme, events } = await home();
    const { errors } = await acme.owner.expect(400, acme.owner.post(`${events}/replay`, body));
    expect(errors[0].pointer).toBe(pointer);
    expect(await audited(acme, 'events.replayed')).toEqual([]);
  });

  it('of another’s integration is a 404', async () => {
    const [{ page }, { acme: rival }] = [await home(), await home()];
    const filter = { integration: page.id };
    await rival.owner.expect(404, rival.owner.post(`${rival.path}/events/replay`, { filter }));
  });
});

describe('the stream', () => {
  const open = async ({ acme, events }: Home, query = ''): Promise<EventReader> => {
    const reader = await acme.member.watch(`${events}/stream${query}`);
    expect(reader.answer.status).toBe(200);
    return reader;
  };
  const told = ({ events }: EventReader) => events.map(({ id, data }) => [id, data.state]);

  it('tells a member of what is new and of what changes, without its words, and of nothing old', async () => {
    const here = await home();
    const rival = await home();
    const old = await receive(here.page, 3);
    const reader = await open(here);
    const [fresh] = await receive(here.page, 1, 50);
    await receive(rival.page, 1);
    await expect.poll(() => told(reader), { timeout: 10_000 }).toEqual([[fresh, 'pending']]);
    await become([old[1]!], 'processed');
    await expect.poll(() => told(reader).at(-1), { timeout: 10_000 }).toEqual([old[1], 'processed']);
    await here.acme.owner.expect(200, here.acme.owner.post(`${here.events}/${old[1]}/replay`));
    await expect.poll(() => told(reader).at(-1), { timeout: 10_000 }).toEqual([old[1], 'pending']);
    expect(reader.events).toHaveLength(3);
    const { data } = await here.acme.owner.expect(200, here.acme.owner.get(`${here.events}?limit=1`));
    expect(reader.events[0]!.data).toEqual(data[0]);
    expect(JSON.stringify(reader.events)).not.toContain(canary);
    holdStreamToTheContract(`${here.events}/stream`, reader);
    reader.close();
  });

  it('begins with as many of the newest as are asked for, oldest first', async () => {
    const here = await home();
    const ids = await receive(here.page, 5);
    const reader = await open(here, '?backlog=3');
    await expect.poll(() => told(reader).map(([id]) => id)).toEqual(ids.slice(2));
    reader.close();
    for (const query of ['backlog=101', 'backlog=-1', 'backlog=x', 'limit=1']) {
      const { answer } = await here.acme.member.watch(`${here.events}/stream?${query}`);
      expect([answer.status, answer.body.code]).toEqual([400, 'invalid_request']);
    }
  });

  it('goes on for who lost it: with what came and what was done since the last that they were told', async () => {
    const here = await home();
    const [first, second] = await receive(here.page, 2);
    const [missed] = await receive(here.page, 1, 50);
    const after = async (id: string, count: number) => {
      const reader = await here.acme.member.watch(`${here.events}/stream`, { 'Last-Event-ID': id });
      await expect.poll(() => reader.events.length, { timeout: 10_000 }).toBe(count);
      reader.close();
      return told(reader);
    };
    const hourAgo = `received_at = now() - interval '1 hour'`;
    await become([first!], 'processed', `${hourAgo}, processed_at = now()`);
    const rest = [
      [second, 'pending'],
      [missed, 'pending'],
    ];
    expect(await after(second!, 3)).toEqual([[first, 'processed'], ...rest]);
    await become([first!], 'pending', `${hourAgo}, processed_at = null`);
    expect(await after(second!, 2)).toEqual(rest);
    // Whoever was told of none that is watched may have missed all of them.
    expect(await after(publicId('event', newId()), 3)).toEqual([[first, 'pending'], ...rest]);
  });

  it('ends for who is no member any more', async () => {
    const here = await home();
    const [mine, other] = [await open(here), await here.acme.owner.watch(`${here.events}/stream`)];
    await network.sql('update organization_memberships set is_active = false where user_id = $1', [
      here.acme.member.userId,
    ]);
    await expect.poll(() => mine.end, { timeout: 10_000 }).toBe('complete');
    expect(other.end).toBeNull();
    other.close();
    expect((await here.acme.member.watch(`${here.events}/stream`)).answer.status).toBe(404);
  });

  itWithoutTwins('is open to 20 of an organization at a time, and to 10 of one person', async () => {
    const here = await home();
    const { owner, admin, member } = here.acme;
    const expectRefusal = async (person: Persona) => {
      const refused = await person.watch(`${here.events}/stream`);
      expect([refused.answer.status, refused.answer.body.code]).toEqual([429, 'over_limit']);
      holdStreamToTheContract(`${here.events}/stream`, refused);
    };
    const readers: EventReader[] = [];
    for (const person of [member, admin]) {
      const ten = await Promise.all(Array.from({ length: 10 }, () => person.watch(`${here.events}/stream`)));
      expect(ten.map(({ answer }) => answer.status)).toEqual(Array(10).fill(200));
      readers.push(...ten);
      await expectRefusal(person);
    }
    await expectRefusal(owner);
    (await open(await home())).close();
    readers.pop()!.close();
    await expect
      .poll(async () => {
        const reader = await owner.watch(`${here.events}/stream`);
        reader.close();
        return reader.answer.status;
      })
      .toBe(200);
    for (const reader of readers) reader.close();
  });

  itWithoutTwins('is said farewell to when the api stops, which it does not hold up', async () => {
    const here = await home();
    const readers = await Promise.all(Array.from({ length: 5 }, () => open(here)));
    expect(await network.api.stop()).toEqual({ code: 0, signal: null });
    expect(readers.map(({ end }) => end)).toEqual(Array(5).fill('complete'));
    await network.startApi();
  });
});

describe('the log', () => {
  it('tells of no stream or request that failed, and of no words', () => {
    expect(network.output.filter(line => /failed|"level":[56]0/.test(line))).toEqual([]);
    const ours = network.output.filter(line => !line.includes('"name":"graph-simulator"'));
    expect(ours.join('\n')).not.toContain(canary);
  });
});
