import type { Change, ChangeKind, Reading } from './webhook-change.ts';
import { parentComment, readFeedItem } from './webhook-feed.ts';
import { readMessagingItem, readStandbyItem } from './webhook-messaging.ts';
import type { Fields } from './webhook-values.ts';
import { fieldsOf, hashOf, idOf, idWithin, isTooDeep, textOf, timeOf } from './webhook-values.ts';

export type { Change, ChangeKind } from './webhook-change.ts';

/** Five times what Meta puts into one delivery at most. */
export const maxChanges = 5_000;

/**
 * Flattens a delivery, already verified and parsed from JSON, into its changes, in the order they came. One POST can
 * carry several pages, and so several tenants. Never throws: what has no page or is no object is skipped, what is not
 * known is of kind `unknown`, and no odd item spoils the others.
 * @param onCut told how many changes came beyond {@link maxChanges} and were left out.
 * @returns null when this is not a delivery about pages.
 */
export function parseDelivery(body: unknown, onCut?: (left: number) => void): Change[] | null {
  const delivery = fieldsOf(body);
  if (delivery?.object !== 'page' || !Array.isArray(delivery.entry)) return null;
  const changes: Change[] = [];
  let left = 0;
  for (const value of delivery.entry) {
    const entry = fieldsOf(value);
    const pageId = entry && pageIdOf(entry.id);
    if (entry && pageId) left += readEntry(entry, pageId, changes);
  }
  if (left > 0) onCut?.(left);
  return changes;
}

/** Adds the changes of one entry; returns how many had no place any more. */
function readEntry(entry: Fields, pageId: string, changes: Change[]): number {
  let left = readList(entry.changes, pageId, changes, readFeedItem);
  left += readList(entry.messaging, pageId, changes, readMessagingItem);
  left += readList(entry.standby, pageId, changes, readStandbyItem);
  // "Include Values" is off for the subscription: it is only known that something changed.
  if (Array.isArray(entry.changed_fields)) {
    const item = { changed_fields: entry.changed_fields, time: entry.time };
    left += readList([item], pageId, changes, readChangedFields);
  }
  return left;
}

function readList(
  items: unknown,
  pageId: string,
  changes: Change[],
  read: (item: Fields, pageId: string) => Reading,
): number {
  if (!Array.isArray(items)) return 0;
  let left = 0;
  for (const value of items) {
    const item = fieldsOf(value);
    if (!item) continue;
    if (changes.length >= maxChanges) {
      left += 1;
      continue;
    }
    const tooDeep = isTooDeep(item);
    const { kind, time, identity, personId, threadId } = tooDeep ? readUnreadable(item) : read(item, pageId);
    changes.push({ pageId, kind, time, identity, personId, threadId, payload: tooDeep ? null : value });
  }
  return left;
}

function readUnreadable(item: Fields): Reading {
  return { kind: 'unknown', time: null, identity: [hashOf(item)], personId: null, threadId: null };
}

function readChangedFields(item: Fields): Reading {
  return { ...readUnreadable(item), time: timeOf(item.time) };
}

function pageIdOf(value: unknown): string | null {
  const id = idOf(value);
  return id !== null && /^\d{1,32}$/.test(id) ? id : null;
}

/** What the reply engine needs to know of a change. Ids are as Graph wants them back; texts are safe to store. */
export type Incoming =
  | {
      kind: 'comment';
      commentId: string;
      postId: string | null;
      /** The comment this one answers; null for a comment on the post itself. */
      parentId: string | null;
      /** Not a page-scoped id: it cannot be sent to. Null where Meta withholds it. */
      fromId: string | null;
      fromName: string | null;
      text: string | null;
      createdAt: Date | null;
    }
  | { kind: 'message'; senderId: string; mid: string; text: string | null; sentAt: Date | null }
  | {
      kind: 'echo';
      mid: string;
      recipientId: string;
      sentAt: Date | null;
      /** The app that sent it; the page inbox is 26390203743090. */
      appId: string | null;
      metadata: string | null;
    }
  | { kind: 'removal'; commentId: string }
  /** Facebook's own word on what the page may send. */
  | { kind: 'policy'; action: string | null; reason: string | null; at: Date | null };

/** The typed view of a change's payload; null for kinds that nothing answers, and for a payload that does not fit. */
export function describeIncoming(kind: ChangeKind, payload: unknown): Incoming | null {
  const item = fieldsOf(payload);
  if (!item) return null;
  if (kind === 'comment.add') return describeComment(item);
  if (kind === 'message') return describeMessage(item);
  if (kind === 'message.echo') return describeEcho(item);
  if (kind === 'comment.remove') return describeRemoval(item);
  if (kind === 'policy') return describePolicy(item);
  return null;
}

function describeComment(item: Fields): Incoming | null {
  const value = fieldsOf(item.value);
  const commentId = idOf(value?.comment_id);
  if (!value || commentId === null) return null;
  return {
    kind: 'comment',
    commentId,
    postId: idOf(value.post_id),
    parentId: parentComment(value, commentId) !== null ? idOf(value.parent_id) : null,
    fromId: idWithin(value.from) ?? idOf(value.sender_id),
    fromName: textOf(fieldsOf(value.from)?.name) ?? textOf(value.sender_name),
    text: textOf(value.message),
    createdAt: timeOf(value.created_time),
  };
}

function describeMessage(item: Fields): Incoming | null {
  const message = fieldsOf(item.message);
  const mid = idOf(message?.mid);
  const senderId = idWithin(item.sender);
  if (!message || mid === null || senderId === null) return null;
  return { kind: 'message', senderId, mid, text: textOf(message.text), sentAt: timeOf(item.timestamp) };
}

function describeEcho(item: Fields): Incoming | null {
  const message = fieldsOf(item.message);
  const mid = idOf(message?.mid);
  const recipientId = idWithin(item.recipient);
  if (!message || mid === null || recipientId === null) return null;
  return {
    kind: 'echo',
    mid,
    recipientId,
    sentAt: timeOf(item.timestamp),
    appId: idOf(message.app_id),
    metadata: textOf(message.metadata),
  };
}

function describePolicy(item: Fields): Incoming | null {
  const policy = fieldsOf(item.policy_enforcement);
  return (
    policy && {
      kind: 'policy',
      action: textOf(policy.action),
      reason: textOf(policy.reason),
      at: timeOf(item.timestamp),
    }
  );
}

function describeRemoval(item: Fields): Incoming | null {
  const commentId = idOf(fieldsOf(item.value)?.comment_id);
  return commentId === null ? null : { kind: 'removal', commentId };
}
