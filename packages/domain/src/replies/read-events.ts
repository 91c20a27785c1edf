import type { Context } from '../context.ts';
import { together } from '../database/together.ts';
import { publicId, type Uuid } from '../ids.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { openOrNull } from '../vault/open-contents.ts';
import { WebhookEvent } from '../webhooks/webhook-event.ts';
import { type Decision, decide, type ReplySituation, sourceOf } from './decide.ts';
import type { Drain, Times } from './drain-lease.ts';
import { type OpenedEvent, openEvent } from './open-event.ts';
import { Reply, type ReplyState, textOf } from './reply.ts';
import {
  oldestParked,
  putOffBefore,
  type RepliesLately,
  readConversations,
  repliesLately,
  threadsOf,
} from './threads.ts';

/** An opened event with what is to be done about it. */
export interface DecidedEvent extends OpenedEvent {
  id: Uuid;
  decision: Decision;
  /** In business time. */
  decidedAt: Date;
  /** An earlier event of its conversation is put off until then, by the database's clock; null where none is. */
  heldUntil: Date | null;
  /** The reply that exists for it already. */
  reply: Reply | null;
  /** What that reply says, or tried to say; null where it does not open or never had words. */
  earlierText: string | null;
}

export const batchSize = 500;
/** So long until what was parked is looked for again. */
const parkedMs = 2_000;

/** How this system is set up. */
export interface ReplyOptions {
  /** The operator's kill switch. */
  repliesOff: boolean;
  /** Facebook's id of our app: an echo from any other was written by people. */
  appId: string;
}

/** Opens these events, and decides what is to be done about each. */
export async function readEvents(
  tx: TenantTx,
  { vault, log }: Pick<Context, 'vault' | 'log'>,
  drain: Drain,
  { rows, ...times }: Times & { rows: readonly WebhookEvent[] },
  { repliesOff, appId }: ReplyOptions,
): Promise<DecidedEvent[]> {
  const events: OpenedEvent[] = [];
  for (const row of rows) events.push(await openEvent(tx, vault, row));
  const questions = events.filter(({ incoming }) => incoming !== null);
  if (questions.length === 0) {
    const untouched = { decision: nothing, decidedAt: times.now, heldUntil: null, reply: null, earlierText: null };
    return events.map(event => ({ ...event, ...untouched, id: event.row.id }));
  }
  const later = rows.length < batchSize ? [] : await saidLater(tx, vault, drain, questions);
  const [{ humans, ownComments }, lately, replies, parked, putOff] = await together([
    readConversations(tx, drain, [...questions, ...later], appId),
    repliesLately(tx, drain, questions),
    earlierReplies(tx, vault, drain, questions),
    oldestParked(tx, drain),
    putOffBefore(
      tx,
      drain,
      questions.filter(({ incoming }) => incoming?.kind === 'comment' || incoming?.kind === 'message'),
    ),
  ]);
  const soon = new Date(times.clock.getTime() + parkedMs);
  const heldUntil = ({ row, thread }: OpenedEvent) =>
    parked && parked < row.id
      ? soon
      : (putOff.findLast(({ id, thread: other }) => other === thread && id < row.id)?.until ?? null);
  const situation = { ...drain, ...times, repliesOff, ownComments };
  const decided = events.map((event): DecidedEvent => {
    const { row, thread, incoming } = event;
    const soFar = { ...situation, pageReplies: lately.page, privateReplies: lately.privately };
    const decision = decideSafely(event, soFar, log, {
      pageId: row.page_id,
      receivedAt: row.received_at,
      replay: row.replay,
      humanUntil: (thread && humans.get(thread)) || null,
      threadReplies: (thread && lately.threads.get(thread)) || 0,
    });
    const sourceId = incoming && sourceOf(incoming);
    const earlier = sourceId === null ? undefined : replies.get(sourceId);
    const told = {
      ...event,
      id: row.id,
      damaged: event.damaged || decision === null,
      decision: decision ?? nothing,
      decidedAt: times.now,
      heldUntil: heldUntil(event),
      reply: earlier?.reply ?? null,
      earlierText: earlier?.text ?? null,
    };
    if (decision?.type === 'reply' && isAnotherReply(told)) countIn(lately, thread, decision);
    return told;
  });
  return withoutRemoved(decided);
}

/** Where it is in doubt, its first try counts already. */
const isAnotherReply = (event: DecidedEvent): boolean =>
  !isAnswered(event) && (event.reply === null || event.reply.state === 'claimed' || mayBeTriedAgain(event.reply));

/** For the next one. */
function countIn(lately: RepliesLately, thread: string | null, decision: Extract<Decision, { type: 'reply' }>): void {
  lately.page += 1;
  if (decision.kind === 'private_comment' && !decision.shadow && !decision.waits) lately.privately += 1;
  if (thread) lately.threads.set(thread, (lately.threads.get(thread) ?? 0) + 1);
}

/** Those whose time has come, in order. */
export const pendingEvents = (tx: TenantTx, { integrationId }: Pick<Drain, 'integrationId'>) =>
  WebhookEvent.query(tx)
    .where({ integration_id: integrationId })
    // Written out: a plan that is made for any state goes through all events of the organization.
    .whereRaw(`state = 'pending' and (not_before is null or not_before <= clock_timestamp())`)
    .orderBy('id')
    .limit(batchSize);

/**
 * What the page said in the conversations of these events and comes after them: where much waits, the word of a person
 * who answered stands far behind the question.
 */
async function saidLater(
  tx: TenantTx,
  vault: Context['vault'],
  drain: Drain,
  events: readonly OpenedEvent[],
): Promise<OpenedEvent[]> {
  const rows = await WebhookEvent.query(tx)
    .where({ integration_id: drain.integrationId })
    .where('id', '>', events.at(-1)!.row.id)
    .whereRaw(
      `state = 'pending' and (kind = 'message.echo' or kind = 'comment.add' and person_hash = ?)`,
      vault.hash('person', drain.organizationId, drain.pageId),
    )
    .whereRaw(`thread_hash = any(?::bytea[])`, [threadsOf(events)])
    .orderBy('id')
    .limit(batchSize);
  const said: OpenedEvent[] = [];
  for (const row of rows) said.push(await openEvent(tx, vault, row));
  return said;
}

/** A comment that is gone by now is not answered, wherever its removal stands in the batch. */
function withoutRemoved(events: DecidedEvent[]): DecidedEvent[] {
  const removed = new Set(events.flatMap(({ decision }) => (decision.type === 'removed' ? [decision.sourceId] : [])));
  if (removed.size === 0) return events;
  return events.map(event => {
    const { decision } = event;
    if (decision.type !== 'reply' || !removed.has(decision.sourceId)) return event;
    const { kind, sourceId } = decision;
    return { ...event, decision: { type: 'skip', kind, sourceId, reason: 'The comment was removed.' } };
  });
}

const nothing: Decision = { type: 'none', reason: 'Nothing to answer.' };

/** One event that breaks a rule of ours must not hold up all that come after it. Null then. */
function decideSafely(
  { incoming, row }: OpenedEvent,
  situation: ReplySituation,
  log: Context['log'],
  event: Parameters<typeof decide>[1],
): Decision | null {
  try {
    return decide(incoming, event, situation);
  } catch (error) {
    log.error({ err: error, event_id: row.id }, 'an event could not be decided');
    return null;
  }
}

interface EarlierReply {
  reply: Reply;
  text: string | null;
}

/** Replies to what these events tell of, by their source. */
async function earlierReplies(
  tx: TenantTx,
  vault: Context['vault'],
  drain: Drain,
  events: readonly OpenedEvent[],
): Promise<Map<string, EarlierReply>> {
  const sources = events.flatMap(({ incoming }) => (incoming && sourceOf(incoming)) ?? []);
  if (sources.length === 0) return new Map();
  const replies = await Reply.query(tx).where({ page_id: drain.pageId }).whereRaw('source_id = any(?)', [sources]);
  const earlier = new Map<string, EarlierReply>();
  for (const reply of replies) earlier.set(reply.source_id, { reply, text: await openText(tx, vault, reply) });
  return earlier;
}

/** Only of a reply that may still be sent or found: nobody else's words are opened. */
async function openText(tx: TenantTx, vault: Context['vault'], { id, text, state }: Reply): Promise<string | null> {
  if (!text || finalStates.includes(state)) return null;
  return (await openOrNull(tx, vault, textOf(id), text))?.reveal() ?? null;
}

const finalStates: readonly ReplyState[] = ['sent', 'rejected', 'shadow', 'skipped'];
/** Nothing was sent: people may ask for another try. */
const unsentStates: readonly ReplyState[] = ['rejected', 'shadow', 'skipped'];

/** The mark of a comment that is gone. */
export const removedRule = 'removed';

/** True when a reply exists and nothing has to be sent or found out for it any more. */
export function isAnswered({ reply, row, decision }: DecidedEvent): boolean {
  if (!reply || !finalStates.includes(reply.state)) return reply?.state === 'unknown' && reply.finished_at !== null;
  return !(mayBeTriedAgain(reply) && row.replay === 'replies' && decision.type === 'reply');
}

/** A reply that was not sent, of a comment that is still there. */
export const mayBeTriedAgain = ({ state, rule }: Reply): boolean =>
  unsentStates.includes(state) && rule !== removedRule;

/** What `metadata` of a message says, so that its echo names our reply. */
export const metadataOf = (replyId: Uuid): string => publicId('reply', replyId);
