import { failpoint } from '@pagekeeper/runtime/failpoint';
import { gathered } from '@pagekeeper/runtime/gathered';
import { stopwatch } from '@pagekeeper/runtime/stopwatch';
import type { Context } from '../context.ts';
import { byteaArray, int4Array, textArray, uuidArray } from '../database/binary-arrays.ts';
import { usableStatuses } from '../facebook/judge-page.ts';
import type { Uuid } from '../ids.ts';
import { statementInTenant } from '../tenancy/doors.ts';
import type { Drain, UsableDrain } from './drain-lease.ts';
import type { Reply, ReplyKind } from './reply.ts';

/** A reply that is about to be sent, as it was read. */
export interface Wish {
  id: Uuid;
  eventId: Uuid;
  kind: ReplyKind;
  /** An earlier try may have been sent, and this one is made all the same: a private reply is taken once. */
  isInDoubt: boolean;
  sourceId: string;
  rule: string;
  /** Sealed. */
  text: Uint8Array;
  threadHash: Buffer | null;
  /** The reply that exists already. */
  earlier: Pick<Reply, 'attempts' | 'state'> | null;
}

/** A try that is committed as `sending`. */
export interface Intent extends Pick<Wish, 'id' | 'eventId' | 'kind' | 'isInDoubt'> {
  attempts: number;
  /** Milliseconds since its commit was asked for. */
  age: () => number;
}

/** How a reply and its event end. */
export interface End {
  state: 'sent' | 'rejected' | 'unknown';
  reason: string;
  sentId: string | null;
  event: 'processed' | 'failed';
}

/** How the answers of a drain are committed: those to comments many at a time. */
export interface AnswerCommits {
  /**
   * `sending` is committed before the call, and only while everything is still as it was when this was decided: lease,
   * page, token, config, and the organization's kill switch. 'next' when the reply is another's by now.
   */
  begin(wish: Wish): Promise<Intent | 'next' | 'changed'>;
  /**
   * Ends a reply and its event, unless another process has tried it since. One that was given up meanwhile, since nobody
   * could know, is known now.
   */
  end(intent: Intent, end: End): Promise<void>;
}

/** A drain that answers. */
export interface AnsweringDrain extends UsableDrain {
  commits: AnswerCommits;
}

export function commitsOf(ctx: Context, drain: Drain): AnswerCommits {
  const begin = (wishes: readonly Wish[]) => beginAnswers(ctx, drain, wishes);
  const end = (endings: readonly Ending[]) => endAnswers(ctx, drain, endings);
  const [beginTogether, endTogether] = [gathered(begin), gathered(end)];
  // After a crash all answers of a commit are in doubt, and those whose end waits for one. Nobody can look for a message.
  return {
    begin: async wish => (wish.kind === 'message' ? (await begin([wish]))[0]! : await beginTogether(wish)),
    async end({ id, eventId, attempts, kind }, how) {
      const ending = { ...how, id, eventId, attempts };
      if (kind === 'message') await end([ending]);
      // One event that somebody holds shall not leave the others in doubt: all of them were sent.
      else await endTogether(ending).catch(() => end([ending]));
    },
  };
}

async function beginAnswers(
  ctx: Context,
  drain: Drain,
  wishes: readonly Wish[],
): Promise<(Intent | 'next' | 'changed')[]> {
  const organization = drain.organizationId;
  // A statement cannot meet the same source twice; the second finds the reply taken, as it would a moment later.
  const rows = wishes.filter((wish, at) => wishes.findIndex(({ sourceId }) => sourceId === wish.sourceId) === at);
  const bindings = [
    organization,
    drain.integrationId,
    drain.version,
    drain.leaseToken,
    drain.generation,
    [...usableStatuses],
    drain.pageId,
    uuidArray(rows.map(({ id }) => id)),
    uuidArray(rows.map(({ eventId }) => eventId)),
    textArray(rows.map(({ sourceId }) => sourceId)),
    textArray(rows.map(({ kind }) => kind)),
    textArray(rows.map(({ rule }) => rule)),
    byteaArray(rows.map(({ text }) => text)),
    byteaArray(rows.map(({ threadHash }) => threadHash)),
    int4Array(rows.map(({ earlier }) => (earlier?.attempts ?? 0) + 1)),
    textArray(rows.map(({ earlier }) => earlier?.state ?? '')),
  ];
  let age = () => 0;
  const [begun] = await statementInTenant<{ allowed: number; ids: Uuid[] }>(
    ctx,
    { organization },
    { sql: beginSql, bindings },
    () => {
      // Not before: waiting for a connection does no harm, since the statement itself looks at the lease.
      age = stopwatch();
      failpoint('reply.before_intent');
    },
  );
  const { allowed, ids } = begun!;
  return wishes.map(wish => {
    if (allowed === 0) return 'changed';
    if (!ids.includes(wish.id) || !rows.includes(wish)) return 'next';
    const { id, eventId, kind, isInDoubt, earlier } = wish;
    return { id, eventId, kind, isInDoubt, attempts: (earlier?.attempts ?? 0) + 1, age };
  });
}

const beginSql = `
  with allowed as (
    select p.organization_id from facebook_page_integrations p
    join integrations i on i.organization_id = p.organization_id and i.id = p.id and i.is_active and i.version = $3
    join businesses b on b.organization_id = i.organization_id and b.id = i.business_id and b.is_active
    join organizations o on o.id = p.organization_id and o.is_active and not o.replies_paused
    where p.organization_id = $1 and p.id = $2 and p.drain_token = $4 and p.drain_until > clock_timestamp()
      and p.generation = $5 and p.status = any($6) and (p.paused_until is null or p.paused_until <= app.now())
    -- Whoever ends the lease, as an erasure does, waits for this statement, or it for them.
    for share of p
  ), wishes as (
    select * from unnest($8::uuid[], $9::uuid[], $10::text[], $11::text[], $12::text[], $13::bytea[], $14::bytea[],
      $15::int[], $16::text[]) as g (id, event_id, source_id, kind, rule, text, thread_hash, attempts, earlier_state)
  ), begun as (
    insert into replies as r (organization_id, id, integration_id, event_id, page_id, source_id, kind, state, rule,
      reason, text, thread_hash, attempts, sending_at)
    select organization_id, g.id, $2, event_id, $7, source_id, kind, 'sending', rule, 'On its way.', text, thread_hash,
      attempts, clock_timestamp()
    from allowed, wishes g
    on conflict (organization_id, page_id, source_id) do update set state = 'sending', kind = excluded.kind,
      rule = excluded.rule, reason = excluded.reason, text = excluded.text, event_id = excluded.event_id,
      thread_hash = excluded.thread_hash, attempts = excluded.attempts, sending_at = clock_timestamp(), finished_at = null
    where r.id = excluded.id and r.attempts = excluded.attempts - 1
      and r.state = (select earlier_state from wishes g where g.id = excluded.id)
    returning r.id
  )
  select (select count(*)::int from allowed) as allowed, array(select id from begun) as ids`;

type Ending = End & Pick<Intent, 'id' | 'eventId' | 'attempts'>;

async function endAnswers(ctx: Context, { organizationId }: Drain, endings: readonly Ending[]): Promise<undefined[]> {
  const bindings = [
    organizationId,
    uuidArray(endings.map(({ id }) => id)),
    int4Array(endings.map(({ attempts }) => attempts)),
    textArray(endings.map(({ state }) => state)),
    textArray(endings.map(({ reason }) => reason)),
    textArray(endings.map(({ sentId }) => sentId)),
    uuidArray(endings.map(({ eventId }) => eventId)),
    textArray(endings.map(({ event }) => event)),
  ];
  const statement = { sql: endSql, bindings };
  await statementInTenant(ctx, { organization: organizationId }, statement, () => failpoint('reply.before_commit'));
  return endings.map(() => undefined);
}

// Conditions of the keys themselves: with those of a join alone, a planner that knows nothing reads all that a tenant has.
const endSql = `
  with endings as (
    select * from unnest($2::uuid[], $3::int[], $4::text[], $5::text[], $6::text[], $7::uuid[], $8::text[])
      as g (id, attempts, state, reason, sent_id, event_id, event_state)
  ), done as (
    update replies r set state = g.state, reason = g.reason, sent_id = g.sent_id, finished_at = now() from endings g
    where r.organization_id = $1 and r.id = any($2) and r.id = g.id and r.attempts = g.attempts
      and r.state in ('sending', 'unknown') returning r.id
  )
  update webhook_events e set state = g.event_state, reason = g.reason, processed_at = now()
  from endings g join done using (id) where e.organization_id = $1 and e.id = any($7) and e.id = g.event_id`;
