import type { Incoming } from '@pagekeeper/facebook/webhook-payload';
import { lastSegment } from '@pagekeeper/facebook/webhook-values';
import { together } from '../database/together.ts';
import { parsePublicId, type Uuid } from '../ids.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { humanMs } from './decide.ts';
import type { Drain } from './drain-lease.ts';
import type { OpenedEvent } from './open-event.ts';
import { waitsForProof } from './settle.ts';

export interface Conversations {
  /** Until when people have a conversation, by its hash in hex. Business time. */
  humans: Map<string, Date>;
  /** The last parts of ids of comments among the events that we wrote ourselves. */
  ownComments: Set<string>;
}

/**
 * Who else takes part in the conversations of these events. A page's own words that are not ours come from people (or
 * another app): they are noted, and the conversation is theirs for a day.
 */
export async function readConversations(
  tx: TenantTx,
  drain: Drain,
  events: readonly OpenedEvent[],
  appId: string,
): Promise<Conversations> {
  const [ownComments, humans] = await together([readOwnComments(tx, drain, events), readHumans(tx, drain, events)]);
  const found = new Map<string, Date>();
  const echoed = new Set<string>();
  for (const { incoming, thread } of events) {
    const spokenAt = incoming && humanWordAt(incoming, drain, ownComments, appId);
    if (!thread || !spokenAt) continue;
    if (incoming.kind === 'echo') echoed.add(thread);
    const until = new Date(spokenAt.getTime() + humanMs);
    if (until > (found.get(thread) ?? humans.get(thread) ?? new Date(0))) found.set(thread, until);
  }
  await withoutDoubt(tx, drain, found, echoed);
  await storeHumans(tx, drain, found);
  for (const [thread, until] of found) humans.set(thread, until);
  return { humans, ownComments };
}

/** When the page itself spoke, and it was not us; null otherwise. */
function humanWordAt(incoming: Incoming, drain: Drain, ownComments: ReadonlySet<string>, appId: string): Date | null {
  if (incoming.kind === 'echo') {
    const isOurs =
      incoming.appId === appId || (incoming.metadata !== null && !!parsePublicId('reply', incoming.metadata));
    return isOurs ? null : incoming.sentAt;
  }
  // A comment of the page on its own post begins a conversation, and takes part in none.
  if (incoming.kind !== 'comment' || incoming.fromId !== drain.pageId || incoming.parentId === null) return null;
  return ownComments.has(lastSegment(incoming.commentId)) ? null : incoming.createdAt;
}

async function readOwnComments(tx: TenantTx, drain: Drain, events: readonly OpenedEvent[]): Promise<Set<string>> {
  const ids = events.flatMap(({ incoming }) => (incoming?.kind === 'comment' ? [lastSegment(incoming.commentId)] : []));
  if (ids.length === 0) return new Set();
  const { rows } = await tx.raw(
    'select sent_comment as id from replies where organization_id = ? and page_id = ? and sent_comment = any(?)',
    [drain.organizationId, drain.pageId, ids] as never,
  );
  return new Set((rows as { id: string }[]).map(({ id }) => id));
}

async function readHumans(tx: TenantTx, drain: Drain, events: readonly OpenedEvent[]): Promise<Map<string, Date>> {
  const { rows } = await tx.raw(
    `select encode(thread_hash, 'hex') as thread, human_until from threads
     where organization_id = ? and integration_id = ? and human_until is not null
       and thread_hash = any(?::bytea[])`,
    [drain.organizationId, drain.integrationId, threadsOf(events)] as never,
  );
  return new Map(
    (rows as { thread: string; human_until: Date }[]).map(({ thread, human_until }) => [thread, human_until]),
  );
}

/** Facebook's clock is not ours: so much earlier than our call a comment may say it was written that came of it. */
export const callSlackMs = 5 * 60_000;

/**
 * Where a public answer of ours is under way, the page's comment may be it: that is found out first, and nobody is taken
 * for a human. Not one from before the call. After one that was given up somebody may well have answered by hand. An echo
 * says whose it is.
 */
async function withoutDoubt(
  tx: TenantTx,
  drain: Drain,
  found: Map<string, Date>,
  echoed: ReadonlySet<string>,
): Promise<void> {
  if ([...found.keys()].every(thread => echoed.has(thread))) return;
  const { rows } = await tx.raw(
    `select encode(thread_hash, 'hex') as thread, min(sending_at) as called_at from replies
     where organization_id = ? and integration_id = ? and sending_at > now() - interval '1 hour'
       and finished_at is null and state in ('sending', 'unknown') and kind = 'public_comment'
     group by 1`,
    [drain.organizationId, drain.integrationId],
  );
  for (const { thread, called_at } of rows as { thread: string; called_at: Date }[]) {
    const spokenAt = (found.get(thread)?.getTime() ?? 0) - humanMs;
    if (!echoed.has(thread) && spokenAt >= called_at.getTime() - callSlackMs) found.delete(thread);
  }
}

/** A person of the page spoke in this conversation, if anybody did. */
export async function noteHuman(
  tx: TenantTx,
  drain: Drain,
  thread: string | null,
  spokenAt: Date | null,
): Promise<void> {
  if (thread && spokenAt) await storeHumans(tx, drain, new Map([[thread, new Date(spokenAt.getTime() + humanMs)]]));
}

async function storeHumans(tx: TenantTx, drain: Drain, found: ReadonlyMap<string, Date>): Promise<void> {
  if (found.size === 0) return;
  await tx.raw(
    `insert into threads as t (organization_id, integration_id, thread_hash, human_until)
     select ?, ?, decode(hex, 'hex'), until from unnest(?::text[], ?::timestamptz[]) as g (hex, until)
     on conflict (organization_id, integration_id, thread_hash)
     do update set human_until = greatest(t.human_until, excluded.human_until)`,
    [drain.organizationId, drain.integrationId, [...found.keys()], [...found.values()]] as never,
  );
}

export interface RepliesLately {
  page: number;
  /** Of these, private ones to comments. */
  privately: number;
  /** By conversation. */
  threads: Map<string, number>;
}

/**
 * Automatic replies that were begun in the last hour: of the page, and in the conversations of these events. By the
 * transaction's clock: one that moves on is no condition of an index, and a page's replies of years would be read.
 * Those that Facebook refused and that are tried again were not sent, and do not count against themselves.
 */
export async function repliesLately(
  tx: TenantTx,
  drain: Drain,
  events: readonly OpenedEvent[],
): Promise<RepliesLately> {
  const { rows } = await tx.raw(
    `with asked as (select thread_hash from unnest(?::bytea[]) as thread_hash)
     select encode(asked.thread_hash, 'hex') as thread, count(*)::int as replies,
       count(*) filter (where r.kind = 'private_comment')::int as privately
     from replies r left join asked using (thread_hash)
     where r.organization_id = ? and r.integration_id = ? and r.sending_at > now() - interval '1 hour'
       and r.state <> 'claimed'
     group by 1`,
    [threadsOf(events), drain.organizationId, drain.integrationId] as never,
  );
  const threads = new Map<string, number>();
  let page = 0;
  let privately = 0;
  // A line for each conversation that was asked for, one for all others.
  for (const { thread, ...sent } of rows as { thread: string | null; replies: number; privately: number }[]) {
    page += sent.replies;
    privately += sent.privately;
    if (thread) threads.set(thread, sent.replies);
  }
  return { page, privately, threads };
}

/** An event that is put off, until a moment of the database's clock. */
interface PutOff {
  id: Uuid;
  thread: string;
  until: Date;
}

/**
 * What is put off in the conversations of these questions and stands before the last of them: what comes after it waits
 * for it. Not for what is in doubt: a message is not sent again, and a comment stands where it belongs.
 */
export async function putOffBefore(
  tx: TenantTx,
  drain: Drain,
  questions: readonly OpenedEvent[],
): Promise<readonly PutOff[]> {
  const last = questions.at(-1);
  if (!last) return [];
  // With its end, it goes through no more of the index than the events were read from.
  const { rows } = await tx.raw(
    `select id, encode(thread_hash, 'hex') as thread, not_before as until from webhook_events
     where organization_id = ? and integration_id = ? and state = 'pending' and not_before > clock_timestamp() and id < ?
       and reason <> ? and thread_hash = any(?::bytea[])
     order by not_before`,
    [drain.organizationId, drain.integrationId, last.row.id, waitsForProof, threadsOf(questions)] as never,
  );
  return rows;
}

/**
 * The oldest event that is about to be pending again, since its page works again: what came after it waits for it, in
 * whatever conversation, as hundreds of thousands may be on their way. Null where none is.
 */
export async function oldestParked(tx: TenantTx, { integrationId, reviving }: Drain): Promise<Uuid | null> {
  if (!reviving) return null;
  const { rows } = await tx.raw(
    `select id from webhook_events where organization_id = ? and integration_id = ? and state = 'parked'
     order by id limit 1`,
    [tx.tenant.organizationId, integrationId],
  );
  return rows[0]?.id ?? null;
}

/**
 * The conversations of these events, each once. As bytes from here on: what a function makes of text that was sent is no
 * condition of an index where row level security stands before it, and all conversations of the page would be read.
 */
export const threadsOf = (events: readonly OpenedEvent[]): Buffer[] =>
  [...new Set(events.flatMap(({ thread }) => thread ?? []))].map(hex => Buffer.from(hex, 'hex'));
