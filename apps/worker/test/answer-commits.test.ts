import { randomBytes } from 'node:crypto';
import type { Context } from '@pagekeeper/domain/context';
import { newId, parsePublicId, type Uuid } from '@pagekeeper/domain/ids';
import { type AnswerCommits, commitsOf, type Intent, type Wish } from '@pagekeeper/domain/replies/answer-commits';
import { beginDrain } from '@pagekeeper/domain/replies/drain-lease';
import { withTenant } from '@pagekeeper/domain/tenancy/doors';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { Tenant } from '@pagekeeper/testing/network/tenant';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

let network: Network;
let acme: Tenant;
let integrationId: Uuid;
let commits: AnswerCommits;

beforeAll(async () => {
  network = await startNetwork({ worker: false });
  acme = await network.tenant('acme');
}, 60_000);

beforeEach(async () => {
  integrationId = parsePublicId('integration', (await acme.connectPage()).id)!;
  const ctx: Context = { ...network.services, actor: { type: 'job', job: 'test', jobId: 'test' }, requestId: 'test' };
  const drain = await withTenant(ctx, { organization: acme.uuid }, tx => beginDrain(tx, ctx.vault, integrationId));
  if (typeof drain === 'string') throw new Error(drain);
  commits = commitsOf(ctx, drain);
});

afterAll(() => network?.stop());

describe('answers that are committed together', () => {
  it('are begun and ended in one transaction each, where they are to comments', async () => {
    const wishes = await Promise.all([wish(), wish(), wish()]);
    const intents = await begin(wishes);
    expect(intents).toMatchObject(wishes.map(({ id, eventId }) => ({ id, eventId, attempts: 1 })));
    expect(await repliesOf(wishes)).toMatchObject([{ state: 'sending' }, { state: 'sending' }, { state: 'sending' }]);
    expect(await transactions(wishes)).toBe(1);
    await end(intents);
    expect(await repliesOf(wishes)).toMatchObject(wishes.map(({ id }) => ({ state: 'sent', sent_id: `sent ${id}` })));
    expect(await eventsOf(wishes)).toEqual(['processed', 'processed', 'processed']);
    expect(await transactions(wishes)).toBe(1);
  });

  it('are begun and ended alone, where they are to messages', async () => {
    const wishes = await Promise.all([wish({ kind: 'message' }), wish({ kind: 'message' }), wish({ kind: 'message' })]);
    const intents = await begin(wishes);
    expect(await transactions(wishes)).toBe(3);
    await end(intents);
    expect(await transactions(wishes)).toBe(3);
    expect(await eventsOf(wishes)).toEqual(['processed', 'processed', 'processed']);
  });

  it('do not keep one another from it: only who comes second to a comment, or knows an old state, is refused', async () => {
    const [tried, doubted, settled, overtaken] = await Promise.all([wish(), wish(), wish(), wish()]);
    await begin([tried, doubted, settled, overtaken]);
    await network.sql(`update replies set state = 'claimed' where id = $1`, [tried.id]);
    await network.sql(`update replies set state = 'sent' where id = $1`, [settled.id]);
    await network.sql(`update replies set state = 'claimed', attempts = 2 where id = $1`, [overtaken.id]);
    const again = { ...tried, earlier: { attempts: 1, state: 'claimed' } } as const;
    const alsoAgain = { ...again, eventId: (await wish()).eventId };
    const tooLate = { ...settled, earlier: { attempts: 1, state: 'sending' } } as const;
    const tooSlow = { ...overtaken, earlier: { attempts: 1, state: 'claimed' } } as const;
    const unaware = { ...doubted, earlier: null };
    const fresh = await wish();
    const second = { ...(await wish()), sourceId: fresh.sourceId };
    const begun = await Promise.all(
      [again, alsoAgain, tooLate, tooSlow, unaware, fresh, second].map(each => commits.begin(each)),
    );
    expect(begun).toMatchObject([
      { eventId: tried.eventId, attempts: 2 },
      'next',
      'next',
      'next',
      'next',
      { id: fresh.id, attempts: 1 },
      'next',
    ]);
    expect(await repliesOf([settled, doubted, second])).toMatchObject([{ state: 'sent' }, { attempts: 1 }]);
  });

  it('end in ways of their own', async () => {
    const wishes = await Promise.all([wish(), wish({ kind: 'private_comment', threadHash: randomBytes(32) }), wish()]);
    const [first, second, third] = await begin(wishes);
    await Promise.all([
      commits.end(first!, { state: 'sent', reason: 'Answered.', sentId: '1_2', event: 'processed' }),
      commits.end(second!, { state: 'rejected', reason: 'Facebook: no.', sentId: null, event: 'failed' }),
      commits.end(third!, { state: 'unknown', reason: 'It may have been sent.', sentId: null, event: 'processed' }),
    ]);
    expect(await transactions(wishes)).toBe(1);
    expect(await repliesOf(wishes)).toMatchObject([
      { state: 'sent', reason: 'Answered.', sent_id: '1_2', thread_hash: null },
      { state: 'rejected', reason: 'Facebook: no.', sent_id: null, thread_hash: wishes[1]!.threadHash },
      { state: 'unknown', reason: 'It may have been sent.', sent_id: null, thread_hash: null },
    ]);
    expect(await eventsOf(wishes)).toEqual(['processed', 'failed', 'processed']);
  });

  it('are not left in doubt by one whose event somebody holds', async () => {
    const wishes = await Promise.all([wish(), wish(), wish()]);
    const intents = await begin(wishes);
    await network.sql('begin');
    await network.sql('select 1 from webhook_events where id = $1 for update', [wishes[1]!.eventId]);
    const ends = await Promise.allSettled(intents.map(intent => end([intent])));
    await network.sql('rollback');
    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await repliesOf(wishes)).toMatchObject([{ state: 'sent' }, { state: 'sending' }, { state: 'sent' }]);
  }, 30_000);

  it('are ended by whoever tried last', async () => {
    const [mine, theirs] = await Promise.all([wish(), wish()]);
    const intents = await begin([mine, theirs]);
    await network.sql('update replies set attempts = 2 where id = $1', [theirs.id]);
    await end(intents);
    expect(await repliesOf([mine, theirs])).toMatchObject([{ state: 'sent' }, { state: 'sending' }]);
    expect(await eventsOf([mine, theirs])).toEqual(['processed', 'pending']);
  });

  it('are none of them begun once the lease is another’s', async () => {
    const wishes = await Promise.all([wish(), wish()]);
    await network.sql('update facebook_page_integrations set drain_token = $1 where id = $2', [newId(), integrationId]);
    expect(await Promise.all(wishes.map(each => commits.begin(each)))).toEqual(['changed', 'changed']);
    expect(await repliesOf(wishes)).toEqual([]);
  });
});

/** A reply to an event of its own. */
async function wish({ kind = 'public_comment', threadHash = null }: Partial<Wish> = {}): Promise<Wish> {
  const [id, eventId] = [newId(), newId()];
  await network.sql(
    `insert into webhook_events (organization_id, id, integration_id, kind, payload, page_id, state)
     select $1, $2, $3, 'comment.add', 'x', page_id, 'pending' from facebook_page_integrations where id = $3`,
    [acme.uuid, eventId, integrationId],
  );
  const text = Buffer.from('Sealed elsewhere.');
  return { id, eventId, kind, isInDoubt: false, sourceId: id, rule: 'default', text, threadHash, earlier: null };
}

const begin = async (wishes: readonly Wish[]) =>
  (await Promise.all(wishes.map(each => commits.begin(each)))) as readonly Intent[];

const end = (intents: readonly Intent[]) =>
  Promise.all(
    intents.map(intent =>
      commits.end(intent, { state: 'sent', reason: 'Sent.', sentId: `sent ${intent.id}`, event: 'processed' }),
    ),
  );

/** In the order of the wishes, those that there are. */
const repliesOf = (wishes: readonly Wish[]) =>
  network.sql(`select r.* from unnest($1::uuid[]) with ordinality as w (id, n) join replies r using (id) order by n`, [
    wishes.map(({ id }) => id),
  ]);

async function eventsOf(wishes: readonly Wish[]): Promise<string[]> {
  const rows = await network.sql(
    `select e.state from unnest($1::uuid[]) with ordinality as w (id, n) join webhook_events e using (id) order by n`,
    [wishes.map(({ eventId }) => eventId)],
  );
  return rows.map(({ state }) => state);
}

/** How many have written these replies as they stand. */
async function transactions(wishes: readonly Wish[]): Promise<number> {
  const [{ count }] = await network.sql(
    'select count(distinct xmin::text)::int as count from replies where id = any($1)',
    [wishes.map(({ id }) => id)],
  );
  return count;
}
