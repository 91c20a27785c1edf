import type { ChangeKind, Reading } from './webhook-change.ts';
import type { Fields } from './webhook-values.ts';
import { fieldsOf, hashOf, idOf, idWithin, lastSegment, timeOf } from './webhook-values.ts';

const commentKinds: ReadonlyMap<unknown, ChangeKind> = new Map([
  ['add', 'comment.add'],
  ['edited', 'comment.edit'],
  ['edit', 'comment.edit'],
  ['update', 'comment.edit'],
  ['remove', 'comment.remove'],
  ['delete', 'comment.remove'],
  ['hide', 'comment.hide'],
  ['unhide', 'comment.unhide'],
]);

// The list is open-ended at Meta's side; what is not on it is `unknown`.
const postItems: ReadonlySet<unknown> = new Set([
  'post',
  'status',
  'photo',
  'video',
  'reel',
  'share',
  'link',
  'album',
  'note',
  'event',
  'offer',
]);

/** Reads one item of `changes`. */
export function readFeedItem(item: Fields): Reading {
  const value = fieldsOf(item.value);
  if (value && item.field === 'feed') return readFeedValue(item, value);
  if (value && item.field === 'mention') return readMention(value);
  // Also the dashboard's test button, which sends messaging fields in this shape.
  return readUnknown(item, value);
}

function readFeedValue(item: Fields, value: Fields): Reading {
  if (value.item === 'comment') return readComment(item, value);
  if (value.item === 'reaction' || value.item === 'like') return readReaction(value);
  if (postItems.has(value.item)) return readPost(value);
  return readUnknown(item, value);
}

function readComment(item: Fields, value: Fields): Reading {
  const kind = commentKinds.get(value.verb);
  const commentId = idOf(value.comment_id);
  if (!kind || commentId === null) return readUnknown(item, value);
  const ownId = lastSegment(commentId);
  const content = kind === 'comment.edit' ? [hashOf([value.message, value.photo, value.video])] : [];
  return {
    kind,
    time: timeOf(value.created_time),
    identity: [ownId, ...content],
    personId: personOf(value),
    threadId: parentComment(value, commentId) ?? ownId,
  };
}

/** The parent comment's last id segment; null for a comment directly on the post. */
export function parentComment(value: Fields, commentId: string): string | null {
  const parentId = idOf(value.parent_id);
  if (parentId === null) return null;
  const parent = lastSegment(parentId);
  const postId = idOf(value.post_id);
  const onPost = postId !== null && parent === lastSegment(postId);
  // A post under a photo has two ids; the comment's own first segment names the one it stands under.
  const underItself = commentId.includes('_') && parent === lastSegment(commentId.slice(0, commentId.lastIndexOf('_')));
  return onPost || underItself || parent === lastSegment(commentId) ? null : parent;
}

function readReaction(value: Fields): Reading {
  const personId = personOf(value);
  const target = idOf(value.comment_id) ?? idOf(value.post_id) ?? '';
  return {
    kind: 'reaction',
    time: timeOf(value.created_time),
    identity: [lastSegment(target), personId ?? '', wordOf(value.reaction_type ?? value.item), wordOf(value.verb)],
    personId,
    threadId: null,
  };
}

function readPost(value: Fields): Reading {
  return {
    kind: 'post',
    time: timeOf(value.created_time),
    identity: [lastSegment(idOf(value.post_id) ?? ''), wordOf(value.verb), hashOf(value)],
    personId: personOf(value),
    threadId: null,
  };
}

function readMention(value: Fields): Reading {
  const target = idOf(value.comment_id) ?? idOf(value.post_id) ?? '';
  return {
    kind: 'mention',
    time: timeOf(value.created_time),
    identity: [lastSegment(target), wordOf(value.verb), hashOf(value)],
    personId: personOf(value),
    threadId: null,
  };
}

/** Nobody acts on it; but whose it is, is known: it is erased with them. */
function readUnknown(item: Fields, value: Fields | null): Reading {
  return {
    kind: 'unknown',
    time: timeOf(value?.created_time),
    identity: [hashOf(item)],
    personId: value && personOf(value),
    threadId: null,
  };
}

// Old payloads have `sender_id`; privacy or a missing permission leaves all out. Ratings have a reviewer.
function personOf(value: Fields): string | null {
  return idWithin(value.from) ?? idOf(value.sender_id) ?? idWithin(value.sender) ?? idOf(value.reviewer_id);
}

function wordOf(value: unknown): string {
  return idOf(value) ?? '';
}
