import type { Incoming } from '@pagekeeper/facebook/webhook-payload';
import type { IntegrationConfig } from '../integrations/integration-config.ts';
import type { ReplyKind } from './reply.ts';

/** What a decision rests on besides the event itself. Times in business time. */
export interface ReplySituation {
  now: Date;
  pageId: string;
  pageName: string;
  config: IntegrationConfig;
  /** When this integration claimed the page: what was before is not ours to answer. */
  connectedAt: Date;
  /** The organization's kill switch. */
  repliesPaused: boolean;
  /** The operator's kill switch for the whole system. */
  repliesOff: boolean;
}

export type Decision =
  | { type: 'reply'; kind: ReplyKind; sourceId: string; recipientId: string; text: string; rule: string }
  | { type: 'skip'; kind: ReplyKind; sourceId: string; reason: string }
  /** Nothing that anybody would answer. */
  | { type: 'none' };

const hour = 3_600_000;
/** Facebook's windows (fact sheet 10.1, 10.2), and ours for public comments: late public answers look odd. */
const windows: Record<ReplyKind, { ms: number; text: string }> = {
  message: { ms: 24 * hour, text: '24 hours' },
  private_comment: { ms: 7 * 24 * hour, text: '7 days' },
  public_comment: { ms: 48 * hour, text: '48 hours' },
};

/** Sent where the integration has no text of its own. */
export const defaultTexts = {
  message: 'Thank you for your message! We will get back to you soon.',
  comment: 'Thank you for your comment! We will get back to you soon.',
} as const;

/** Whether and how an event is answered. Pure: the same event and situation give the same decision. */
export function decide(incoming: Incoming | null, situation: ReplySituation): Decision {
  if (!incoming || incoming.kind === 'echo') return { type: 'none' };
  const kind = kindOf(incoming, situation.config);
  const sourceId = incoming.kind === 'comment' ? incoming.commentId : incoming.mid;
  const reason = reasonForSilence(incoming, kind, situation);
  if (reason) return { type: 'skip', kind, sourceId, reason };
  const { text, rule } = textFor(incoming, situation);
  return { type: 'reply', kind, sourceId, recipientId: recipientOf(incoming), text, rule };
}

function kindOf(incoming: Exclude<Incoming, { kind: 'echo' }>, config: IntegrationConfig): ReplyKind {
  if (incoming.kind === 'message') return 'message';
  return config.comment_reply?.visibility === 'private' ? 'private_comment' : 'public_comment';
}

function reasonForSilence(
  incoming: Exclude<Incoming, { kind: 'echo' }>,
  kind: ReplyKind,
  situation: ReplySituation,
): string | null {
  const authorId = incoming.kind === 'comment' ? incoming.fromId : incoming.senderId;
  if (authorId === situation.pageId) return 'The page wrote it itself.';
  // Without an author it may be the page's own: answering it could go on for ever.
  if (authorId === null) return 'Facebook does not say who wrote it.';
  if (!situation.config.auto_reply) return 'auto_reply is off for this integration.';
  if (situation.repliesPaused) return 'Replies are paused for this organization.';
  if (situation.repliesOff) return 'Replies are switched off by the operator.';
  return reasonOfTime(incoming.kind === 'comment' ? incoming.createdAt : incoming.sentAt, kind, situation);
}

function reasonOfTime(writtenAt: Date | null, kind: ReplyKind, { now, connectedAt }: ReplySituation): string | null {
  if (!writtenAt) return 'Facebook does not say when it was written.';
  // Facebook's comments carry whole seconds.
  if (writtenAt.getTime() < connectedAt.getTime() - 1_000) return 'It was written before the page was connected.';
  const { ms, text } = windows[kind];
  return now.getTime() - writtenAt.getTime() > ms ? `It is older than ${text}.` : null;
}

function textFor(
  incoming: Exclude<Incoming, { kind: 'echo' }>,
  { config, pageName }: ReplySituation,
): { text: string; rule: string } {
  const own = incoming.kind === 'comment' ? config.comment_reply?.text : config.message_reply?.text;
  const template = own ?? defaultTexts[incoming.kind];
  const senderName = (incoming.kind === 'comment' && incoming.fromName) || 'there';
  const text = template.replaceAll('{page_name}', pageName).replaceAll('{sender_name}', senderName);
  return { text: text.slice(0, 1_999), rule: own ? `${incoming.kind}_reply` : 'default' };
}

const recipientOf = (incoming: Exclude<Incoming, { kind: 'echo' }>): string =>
  incoming.kind === 'comment' ? incoming.commentId : incoming.senderId;
