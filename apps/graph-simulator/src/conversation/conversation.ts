import { nowMs } from '../state/clock.ts';
import type { Comment, Message, Page, State, Thread } from '../state/state.ts';
import { findByPsid } from './customers.ts';
import { findThread } from './messages.ts';

const windowMs = 86_400_000;

/** What stands on a Page now: its latest comments with their replies, and its message threads. Oldest first. */
export function describeConversation(state: State, page: Page, limit: number) {
  const comments = page.commentKeys.map(key => state.comments.get(key)!);
  const topLevel = comments.filter(comment => comment.parentId === comment.postId).slice(-limit);
  const replies = byParent(comments);
  return {
    page: { id: page.id, name: page.name, subscribed_fields: page.subscribedFields },
    comments: topLevel.map(comment => ({
      ...describeComment(state, page, comment),
      replies: (replies.get(comment.id) ?? []).map(reply => describeComment(state, page, reply)),
    })),
    threads: threadsOf(state, page)
      .slice(-limit)
      .map(thread => describeThread(state, page, thread)),
  };
}

function byParent(comments: readonly Comment[]): Map<string, Comment[]> {
  const grouped = new Map<string, Comment[]>();
  for (const comment of comments) {
    const siblings = grouped.get(comment.parentId);
    if (siblings) siblings.push(comment);
    else grouped.set(comment.parentId, [comment]);
  }
  return grouped;
}

function describeComment(state: State, page: Page, comment: Comment) {
  return {
    id: comment.id,
    parent_id: comment.parentId,
    post_id: comment.postId,
    from: comment.from,
    by_page: comment.from.id === page.id,
    text: comment.message,
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

function threadsOf(state: State, page: Page): Thread[] {
  const threads = [...state.threads.values()].filter(thread => thread.pageId === page.id);
  return threads.sort((one, other) => lastAtMs(one) - lastAtMs(other));
}

const lastAtMs = (thread: Thread) => thread.messages.at(-1)?.atMs ?? 0;

function describeThread(state: State, page: Page, thread: Thread) {
  const customer = findByPsid(state, page.id, thread.psid);
  const { lastInboundAtMs } = thread;
  return {
    psid: thread.psid,
    customer: { id: customer?.id ?? null, name: customer?.name ?? null },
    window_open: lastInboundAtMs !== null && nowMs(state) - lastInboundAtMs < windowMs,
    messages: thread.messages.map(describeMessage),
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
  };
}
