import type { Incoming } from '@pagekeeper/facebook/webhook-payload';
import { lastSegment } from '@pagekeeper/facebook/webhook-values';
import { type IntegrationConfig, waitsForDelay } from '../integrations/integration-config.ts';
import { matchRule } from './match-rule.ts';
import type { ReplyKind } from './reply.ts';

/** What is known of an event besides its content. */
export interface EventSituation {
  /** The page it was sent to. */
  pageId: string;
  receivedAt: Date;
  replay: 'quiet' | 'replies' | null;
  /** Until when a human has the conversation; null where nobody has. Business time. */
  humanUntil: Date | null;
  /** Automatic replies of the last hour in the same conversation. */
  threadReplies: number;
}

/** What a decision rests on besides the event itself. Times in business time where nothing else is said. */
export interface ReplySituation {
  now: Date;
  /** The database's clock, by which `receivedAt` and delays go. */
  clock: Date;
  pageId: string;
  pageName: string;
  config: IntegrationConfig;
  /** When this integration claimed the page: what was before is not ours to answer. */
  connectedAt: Date;
  /** The organization's kill switch. */
  repliesPaused: boolean;
  /** The operator's kill switch for the whole system. */
  repliesOff: boolean;
  /** Automatic replies of the last hour on the page. */
  pageReplies: number;
  /** Of these, private ones to comments. */
  privateReplies: number;
  /** The last parts of ids of comments that we wrote ourselves. */
  ownComments: ReadonlySet<string>;
}

export type Decision =
  | {
      type: 'reply';
      kind: ReplyKind;
      sourceId: string;
      /** Whom it goes to: the comment's id, or the person's page-scoped one. */
      recipientId: string;
      text: string;
      rule: string;
      /** Only stored, not sent. */
      shadow: boolean;
      /** Not before this moment of the database's clock, and why; null for at once. */
      waits: { until: Date; reason: string } | null;
    }
  | { type: 'skip'; kind: ReplyKind; sourceId: string; reason: string }
  /** The comment is gone: whenever it comes, it is not answered. */
  | { type: 'removed'; sourceId: string }
  /** Nothing that anybody would answer, or that shall be answered. */
  | { type: 'none'; reason: string };

const minute = 60_000;
const hour = 60 * minute;

/** How long a person of the page has a conversation for themself after their last word in it. */
export const humanMs = 24 * hour;
/** Facebook's windows, and ours for public comments: late public answers look odd. */
const windows: Record<ReplyKind, { ms: number; text: string }> = {
  message: { ms: 24 * hour, text: '24 hours' },
  private_comment: { ms: 7 * 24 * hour, text: '7 days' },
  public_comment: { ms: 48 * hour, text: '48 hours' },
};

/** Clocks differ a little; a time further ahead is not to be believed. */
const maxAheadMs = 5 * minute;

/** More in an hour is no conversation any more: two programs answer each other, or somebody tries us out. */
export const maxThreadReplies = 20;
/** Below Facebook's limits of a busy page but the one below; above it something has run away. */
export const maxPageReplies = 3_000;
/** Facebook takes 750 in an hour; more of them would stop the page's other answers too. */
export const maxPrivateReplies = 700;
/** So long one waits that is too much in its hour, before it is looked at again. */
const privateRestMs = 10 * minute;
const waitsForLimit = `The page sent ${maxPrivateReplies} private replies within an hour. It waits for its turn.`;

/** Sent where the integration has no text of its own. */
export const defaultTexts = {
  message: 'Thank you for your message! We will get back to you soon.',
  comment: 'Thank you for your comment! We will get back to you soon.',
} as const;

/** Messenger's limit, minus what a name may add. */
const maxText = 1_999;
const maxName = 100;

/** What can be answered. */
export type Question = Extract<Incoming, { kind: 'comment' | 'message' }>;

/** Whether and how an event is answered. Pure: the same event and situation give the same decision. */
export function decide(incoming: Incoming | null, event: EventSituation, situation: ReplySituation): Decision {
  if (event.pageId !== situation.pageId) {
    return { type: 'none', reason: 'It was sent to a page that this integration no longer holds.' };
  }
  if (incoming?.kind === 'removal') return { type: 'removed', sourceId: lastSegment(incoming.commentId) };
  if (!incoming || incoming.kind === 'echo' || incoming.kind === 'policy') {
    return { type: 'none', reason: 'Nothing to answer.' };
  }
  if (event.replay === 'quiet') return { type: 'none', reason: 'Replayed without replies.' };
  const kind = kindOf(incoming, situation.config);
  const sourceId = sourceOf(incoming);
  const reason = reasonForSilence(incoming, kind, event, situation);
  if (reason) return { type: 'skip', kind, sourceId, reason };
  return {
    type: 'reply',
    kind,
    sourceId,
    recipientId: incoming.kind === 'comment' ? incoming.commentId : incoming.senderId,
    ...textFor(incoming, situation),
    shadow: situation.config.auto_reply === 'shadow',
    waits: waitOf(kind, event, situation),
  };
}

/**
 * What a reply is an answer to, or what was removed; null for everything else. Facebook names a comment with and without
 * its post: the last part is the same.
 */
export function sourceOf(incoming: Question): string;
export function sourceOf(incoming: Incoming): string | null;
export function sourceOf(incoming: Incoming): string | null {
  if (incoming.kind === 'comment' || incoming.kind === 'removal') return lastSegment(incoming.commentId);
  return incoming.kind === 'message' ? incoming.mid : null;
}

function kindOf(incoming: Question, config: IntegrationConfig): ReplyKind {
  if (incoming.kind === 'message') return 'message';
  return config.comment_reply?.visibility === 'private' ? 'private_comment' : 'public_comment';
}

function reasonForSilence(
  incoming: Question,
  kind: ReplyKind,
  event: EventSituation,
  situation: ReplySituation,
): string | null {
  const authorId = incoming.kind === 'comment' ? incoming.fromId : incoming.senderId;
  if (authorId === situation.pageId) return 'The page wrote it itself.';
  if (situation.ownComments.has(sourceOf(incoming))) return 'It is an answer of ours.';
  // Without an author it may be the page's own: answering it could go on for ever.
  if (authorId === null) return 'Facebook does not say who wrote it.';
  if (!situation.config.auto_reply) return 'auto_reply is off for this integration.';
  if (situation.repliesPaused) return 'Replies are paused for this organization.';
  if (situation.repliesOff) return 'Replies are switched off by the operator.';
  const writtenAt = incoming.kind === 'comment' ? incoming.createdAt : incoming.sentAt;
  if (!writtenAt) return 'Facebook does not say when it was written.';
  return reasonOfTime(writtenAt, kind, situation) ?? reasonOfOthers(writtenAt, event, situation);
}

function reasonOfTime(writtenAt: Date, kind: ReplyKind, { now, connectedAt }: ReplySituation): string | null {
  // Facebook's comments carry whole seconds.
  if (writtenAt.getTime() < connectedAt.getTime() - 1_000) return 'It was written before the page was connected.';
  if (writtenAt.getTime() > now.getTime() + maxAheadMs) return 'It says that it was written in the future.';
  const { ms, text } = windows[kind];
  return now.getTime() - writtenAt.getTime() > ms ? `It is older than ${text}.` : null;
}

function reasonOfOthers(
  writtenAt: Date,
  { humanUntil, ...event }: EventSituation,
  { now, pageReplies }: ReplySituation,
): string | null {
  if (humanUntil && humanUntil > now) return 'A person of the page answers in this conversation.';
  // Also long ago: a comment may have waited for its page for longer than people have the conversation.
  if (humanUntil && humanUntil.getTime() - humanMs >= writtenAt.getTime()) return 'A person of the page answered it.';
  if (event.threadReplies >= maxThreadReplies) {
    return `This conversation had ${maxThreadReplies} automatic replies within an hour.`;
  }
  return pageReplies >= maxPageReplies ? `The page sent ${maxPageReplies} automatic replies within an hour.` : null;
}

function waitOf(
  kind: ReplyKind,
  { receivedAt }: EventSituation,
  { clock, config, privateReplies }: ReplySituation,
): { until: Date; reason: string } | null {
  const delayed = new Date(receivedAt.getTime() + (config.reply_delay_seconds ?? 0) * 1_000);
  if (delayed > clock) return { until: delayed, reason: waitsForDelay };
  if (kind !== 'private_comment' || privateReplies < maxPrivateReplies) return null;
  return { until: new Date(clock.getTime() + privateRestMs), reason: waitsForLimit };
}

/** The reply that a config has for it, whether or not it may be sent. */
export const replyTo = (
  incoming: Question,
  situation: Pick<ReplySituation, 'config' | 'pageName'>,
): { kind: ReplyKind; text: string; rule: string } => ({
  kind: kindOf(incoming, situation.config),
  ...textFor(incoming, situation),
});

function textFor(
  incoming: Question,
  { config, pageName }: Pick<ReplySituation, 'config' | 'pageName'>,
): { text: string; rule: string } {
  const { template, rule } = templateFor(incoming, config);
  const senderName = (incoming.kind === 'comment' && cut(incoming.fromName?.trim() ?? '', maxName)) || 'there';
  const names: Record<string, string> = { '{page_name}': pageName, '{sender_name}': senderName };
  // In one pass and by a function: whatever stands in a name is a name.
  const text = template.replaceAll(/\{page_name\}|\{sender_name\}/g, placeholder => names[placeholder]!);
  return { text: cut(text, maxText), rule };
}

function templateFor(incoming: Question, config: IntegrationConfig): { template: string; rule: string } {
  const match = config.rules && matchRule(config.rules, incoming.kind, incoming.text ?? '');
  if (match) return { template: match.rule.text, rule: `rules[${match.index}]` };
  const own = incoming.kind === 'comment' ? config.comment_reply?.text : config.message_reply?.text;
  if (own) return { template: own, rule: `${incoming.kind}_reply` };
  return { template: defaultTexts[incoming.kind], rule: 'default' };
}

/** Never through the middle of a character. */
const cut = (text: string, most: number): string =>
  text.length <= most ? text : text.slice(0, most).replace(/[\uD800-\uDBFF]$/, '');
