import { nowMs } from '../state/clock.ts';
import type { Comment, Message, Page, Thread } from '../state/entities.ts';
import type { State } from '../state/state.ts';
import { findByPsid } from './customers.ts';
import { findThread } from './messages.ts';

const windowMs = 86_400_000;
const greatestMessages = 1000;

/** What stands on a Page now: its latest comments with their replies, and its message threads. Oldest first. */
export function describeConversation(state: State, page: Page, limit: number) {
  const threads = state.indexes.threadsOf(page).slice(-limit);
  const topLevel = state.indexes.topLevelOf(page).slice(-limit);
  return {
    page: { id: page.id, name: page.name, subscribed_fields: page.subscribedFields, restriction: page.restriction },
    comments: topLevel.map(comment => ({
      ...describeComment(state, page, comment),
      replies: state.indexes.answersTo(comment.id).map(reply => describeComment(state, page, reply)),
    })),
    threads: threads.map(thread => describeThread(state, page, thread)),
  };
}

function describeComment(state: State, page: Page, comment: Comment) {
  return {
    id: comment.id,
    parent_id: comment.parentId,
    post_id: comment.postId,
    from: comment.from,
    by_page: comment.from.id === page.id,
    text: comment.message,
    media: comment.media,
    at: new Date(comment.createdAt * 1000).toISOString(),
    hidden: comment.hidden,
    deleted: comment.deleted,
    private_reply_mid: comment.privateReplyMid,
    private_reply: privateReplyTo(state, page, comment),
  };
}

function privateReplyTo(state: State, page: Page, comment: Comment): string | null {
  if (!comment.privateReplyMid) return null;
  const customer = state.customers.get(`${page.id} id ${comment.from.id}`);
  const thread = customer && findThread(state, page.id, customer.psid);
  return thread?.messages.find(message => message.mid === comment.privateReplyMid)?.text ?? null;
}

function describeThread(state: State, page: Page, thread: Thread) {
  const customer = findByPsid(state, page.id, thread.psid);
  const { lastInboundAtMs } = thread;
  return {
    psid: thread.psid,
    customer: { id: customer?.id ?? null, name: customer?.name ?? null, reachable: customer?.reachable ?? 'yes' },
    window_open: lastInboundAtMs !== null && nowMs(state) - lastInboundAtMs < windowMs,
    owner_app_id: thread.ownerAppId,
    messages: thread.messages.slice(-greatestMessages).map(describeMessage),
  };
}

function describeMessage(message: Message) {
  return {
    mid: message.mid,
    author: message.author,
    text: message.text,
    at: new Date(message.atMs).toISOString(),
    app_id: message.appId,
    metadata: message.metadata,
    comment_id: message.commentId,
    edits: message.edits,
    reaction: message.reaction,
  };
}
