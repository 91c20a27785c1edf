import {
  commentChange,
  commentsUnder,
  findComment,
  graphTime,
  permalink,
  writeComment,
} from '../../conversation/comments.ts';
import { findByPsid } from '../../conversation/customers.ts';
import { nowSeconds } from '../../state/clock.ts';
import type { Comment } from '../../state/entities.ts';
import type { State } from '../../state/state.ts';
import type { Call, PageCaller } from '../call.ts';
import { demandScope, demandTask, identify, pageCaller } from '../call.ts';
import { noSuchObject, numbered } from '../errors.ts';
import type { Readable } from '../fields.ts';
import { selectFields } from '../fields.ts';
import { paginate } from '../paging.ts';
import { requiredText, textParam } from '../params.ts';
import { demandVariety } from './comment-limits.ts';

export const privateReplySeconds = 7 * 86_400;
const usualFields = 'created_time,from,message,id';

/** GET {comment}. */
export function readComment(call: Call) {
  const caller = pageCaller(call, { write: false });
  demandReading(caller);
  const comment = ownComment(call, caller);
  const readable = readableComment(call.world.state, comment, caller);
  return selectFields('Comment', readable, textParam(call.params, 'fields'), usualFields);
}

/** GET {comment}/comments and {post}/comments. To a person's token it shows an empty list and no error. */
export function listComments(call: Call) {
  const { state } = call.world;
  const caller = identify(call);
  if (caller.kind !== 'page') return { data: [] };
  demandReading(caller);
  const parentId = placeIn(call, caller).id;
  const comments = commentsUnder(state, parentId);
  const fields = textParam(call.params, 'fields');
  const present = (comment: Comment) =>
    selectFields('Comment', readableComment(state, comment, caller), fields, usualFields);
  return paginate(call, comments, comment => comment.id, present);
}

/** POST {comment}/comments and {post}/comments: the Page writes. */
export function writeReply(call: Call) {
  const { state, emitter } = call.world;
  const caller = pageCaller(call, { write: true });
  const target = call.segments[0]!;
  call.send = {
    kind: 'comment',
    page_id: caller.page.id,
    recipient: null,
    comment_id: target,
    text: textParam(call.params, 'message') ?? '',
    metadata: null,
    id: null,
  };
  demandEngaging(call, caller);
  const place = placeIn(call, caller);
  const message = requiredText(call.params, 'message');
  demandVariety(state, caller.page, place.id, message);
  const from = { id: caller.page.id, name: caller.page.name };
  const comment = writeComment(state, { page: caller.page, from, message, under: place.under });
  call.send.id = comment.id;
  emitter.emit(commentChange(state, comment, 'add'));
  return { id: comment.id };
}

/** POST {comment}: with a message it edits the Page's own comment, it does not answer; `is_hidden` hides. */
export function changeComment(call: Call) {
  const { state, emitter } = call.world;
  const caller = pageCaller(call, { write: true });
  demandEngaging(call, caller);
  const comment = ownComment(call, caller);
  const hidden = textParam(call.params, 'is_hidden');
  const byPage = { id: caller.page.id, name: caller.page.name };
  if (hidden !== undefined) {
    comment.hidden = hidden === 'true';
    emitter.emit(commentChange(state, comment, comment.hidden ? 'hide' : 'unhide', { from: byPage }));
    return { success: true };
  }
  if (comment.from.id !== caller.page.id) throw numbered(200, 'The Page can edit its own comments only.');
  comment.message = requiredText(call.params, 'message');
  emitter.emit(commentChange(state, comment, 'edited'));
  return { success: true };
}

/** DELETE {comment}. */
export function deleteComment(call: Call) {
  const caller = pageCaller(call, { write: true });
  demandEngaging(call, caller);
  const comment = ownComment(call, caller);
  comment.deleted = true;
  call.world.emitter.emit(commentChange(call.world.state, comment, 'remove'));
  return { success: true };
}

function demandReading(caller: PageCaller): void {
  const refusal = (scope: string) => numbered(10, `This endpoint requires the '${scope}' permission.`);
  demandScope(caller, 'pages_read_engagement', refusal);
  demandScope(caller, 'pages_read_user_content', refusal);
}

function demandEngaging(call: Call, caller: PageCaller): void {
  demandScope(caller, 'pages_manage_engagement');
  demandTask(call, caller, 'MODERATE', 'CREATE_CONTENT', 'MANAGE');
}

/** The comment in the path, if it is there and on the caller's Page. */
function ownComment(call: Call, caller: PageCaller): Comment {
  const id = call.segments[0]!;
  const comment = findComment(call.world.state, id);
  if (!comment || comment.deleted || comment.pageId !== caller.page.id) throw noSuchObject(id, call.method);
  return comment;
}

/** The post or comment in the path, as a place to list or write under. */
function placeIn(call: Call, caller: PageCaller) {
  const id = call.segments[0]!;
  if (caller.page.postIds.includes(id)) return { id, under: { postId: id } };
  const comment = ownComment(call, caller);
  return { id: comment.id, under: { comment } };
}

function readableComment(state: State, comment: Comment, caller: PageCaller): Readable {
  const isTopLevel = comment.parentId === comment.postId;
  const page = state.pages.get(comment.pageId)!;
  const byPage = comment.from.id === page.id;
  const isRecent = comment.createdAt + privateReplySeconds > nowSeconds(state);
  return {
    id: () => comment.id,
    message: () => comment.message,
    from: () => comment.from,
    created_time: () => graphTime(comment.createdAt),
    parent: () => (isTopLevel ? undefined : readableParent(state, comment.parentId)),
    permalink_url: () => permalink(comment.postId, comment.id),
    is_hidden: () => comment.hidden,
    can_comment: () => true,
    can_hide: () => !byPage,
    can_remove: () => true,
    // Reported false for every comment without this permission: a hint, no more.
    can_reply_privately: () =>
      !byPage && isRecent && comment.privateReplyMid === null && caller.scopes.includes('business_management'),
    private_reply_conversation: () =>
      comment.privateReplyMid === null ? undefined : { id: `t_${comment.id.split('_')[1]}` },
    comment_count: () => commentsUnder(state, comment.id).length,
    comments: ({ inner, limit }) => ({
      data: commentsUnder(state, comment.id)
        .slice(0, limit ?? state.app.knobs.page_size)
        .map(each => selectFields('Comment', readableComment(state, each, caller), inner ?? undefined, usualFields)),
    }),
    like_count: () => 0,
    attachment: () => undefined,
    object: () => ({ id: comment.postId }),
  };
}

function readableParent(state: State, id: string) {
  const parent = findComment(state, id)!;
  return { id, message: parent.message, from: parent.from, created_time: graphTime(parent.createdAt) };
}

/** GET {psid}: a person who has written to the Page. */
export function readProfile(call: Call) {
  const id = call.segments[0]!;
  const caller = identify(call);
  const customer = caller.kind === 'page' ? findByPsid(call.world.state, caller.page.id, id) : undefined;
  if (caller.kind !== 'page' || !customer) throw noSuchObject(id, call.method);
  demandScope(caller, 'pages_messaging', () => noSuchObject(id, call.method));
  const [first, ...rest] = customer.name.split(' ');
  const readable: Readable = {
    id: () => customer.psid,
    name: () => customer.name,
    first_name: () => first,
    last_name: () => rest.join(' ') || undefined,
    profile_pic: () => `https://platform-lookaside.fbsbx.com/platform/profilepic/?psid=${customer.psid}`,
  };
  return selectFields('User', readable, textParam(call.params, 'fields'), 'first_name,last_name,profile_pic,id');
}
