import { nowMs, nowSeconds } from '../state/clock.ts';
import type { Comment, Page } from '../state/entities.ts';
import { nextId } from '../state/sequence.ts';
import type { State } from '../state/state.ts';
import type { Change } from '../webhooks/change.ts';

/** The comment of this id, whole or bare; deleted ones are still found here. */
export function findComment(state: State, id: string): Comment | undefined {
  return state.comments.get(keyOf(id));
}

const keyOf = (id: string) => id.slice(id.lastIndexOf('_') + 1);

export interface CommentInput {
  page: Page;
  from: { id: string; name: string };
  message: string;
  media?: Comment['media'];
  /** A post or comment to write under; the Page's first post otherwise. */
  under: { postId: string } | { comment: Comment };
}

/** Writes a comment. Facebook keeps two levels: an answer to an answer goes under the top-level comment. */
export function writeComment(state: State, input: CommentInput): Comment {
  const { postId, parentId } = placeOf(state, input);
  // Longer than 2^53, so that whoever reads it as a number reads another.
  const number = nextId(state, 'comment', '990001');
  const comment: Comment = {
    id: `${keyOf(postId)}_${number}`,
    pageId: input.page.id,
    postId,
    parentId,
    from: input.from,
    message: input.message,
    media: input.media ?? null,
    createdAt: nowSeconds(state),
    hidden: false,
    deleted: false,
    privateReplyMid: null,
  };
  state.comments.set(number, comment);
  state.indexes.addComment(comment);
  return comment;
}

function placeOf(state: State, { page, under }: CommentInput): { postId: string; parentId: string } {
  if ('postId' in under) {
    if (!page.postIds.includes(under.postId)) page.postIds.push(under.postId);
    return { postId: under.postId, parentId: under.postId };
  }
  const { comment } = under;
  const isTopLevel = comment.parentId === comment.postId;
  const parent = isTopLevel ? comment : findComment(state, comment.parentId)!;
  return { postId: comment.postId, parentId: parent.id };
}

/** The comments under a post or a comment that are still there, oldest first. */
export function commentsUnder(state: State, parentId: string): Comment[] {
  return state.indexes.answersTo(parentId).filter(comment => !comment.deleted);
}

export type CommentVerb = 'add' | 'edited' | 'remove' | 'hide' | 'unhide';

/** What the webhook tells of a comment. `from` can be left out, as Meta does where it may not show it. */
export function commentChange(
  state: State,
  comment: Comment,
  verb: CommentVerb,
  options: { from?: Comment['from'] | null } = {},
): Omit<Change, 'id'> {
  const from = options.from === undefined ? comment.from : options.from;
  const said = {
    post: describePost(comment),
    // A picture alone has no text.
    ...(comment.media && comment.message === '' ? {} : { message: comment.message }),
    ...comment.media,
  };
  const value = {
    ...(from && mayShow(state, comment.pageId, from.id) ? { from } : {}),
    ...(verb === 'remove' ? {} : said),
    post_id: comment.postId,
    comment_id: comment.id,
    created_time: comment.createdAt,
    item: 'comment',
    parent_id: comment.parentId,
    verb,
  };
  return { pageId: comment.pageId, field: 'feed', list: 'changes', value, atMs: nowMs(state) };
}

/** Who has written is shown with advanced access only, save for people with a role on the app. */
export function mayShow(state: State, pageId: string, authorId: string): boolean {
  if (state.app.knobs.access === 'advanced' || authorId === pageId) return true;
  return state.customers.get(`${pageId} id ${authorId}`)?.hasAppRole ?? false;
}

function describePost(comment: Comment) {
  return {
    status_type: 'mobile_status_update',
    is_published: true,
    updated_time: graphTime(comment.createdAt),
    permalink_url: permalink(comment.postId),
    promotion_status: 'inactive',
    id: comment.postId,
  };
}

/** Seconds as Graph writes times: `2026-11-23T03:20:00+0000`. */
export function graphTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, '+0000');
}

export function permalink(postId: string, commentId?: string): string {
  const [pageId, story] = postId.split('_');
  const comment = commentId ? `&comment_id=${keyOf(commentId)}` : '';
  return `https://www.facebook.com/permalink.php?story_fbid=${story}&id=${pageId}${comment}`;
}
