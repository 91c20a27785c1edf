import * as z from 'zod';
import { commentChange, findComment, writeComment } from '../conversation/comments.ts';
import { describeConversation } from '../conversation/conversation.ts';
import { newCustomer, putCustomer } from '../conversation/customers.ts';
import { inboxAppId, receiveMessage, sendMessage } from '../conversation/messages.ts';
import type { Comment, Page } from '../state/entities.ts';
import type { State } from '../state/state.ts';
import type { Change } from '../webhooks/change.ts';
import type { Fate } from '../webhooks/emitter.ts';
import type { World } from '../world.ts';
import { ControlError, control, found } from './control.ts';

const id = z.string().min(1).max(100);
const text = z.string().max(8000);
const deliver = z.boolean().default(true);
const customer = z.strictObject({
  id: id.optional(),
  name: z.string().min(1).max(200).optional(),
  reachable: z.enum(['yes', 'blocked', 'blocked_as_200', 'not_receiving']).optional(),
  app_role: z.boolean().optional(),
});
const media = z.union([z.strictObject({ photo: z.url() }), z.strictObject({ video: z.url() })]);
/** What a message can carry beside, or instead of, its text. */
const extras = {
  attachments: z
    .array(z.strictObject({ type: z.string().max(50), payload: z.record(z.string(), z.unknown()).nullable() }))
    .max(30)
    .optional(),
  quick_reply: z.strictObject({ payload: z.string().max(1000) }).optional(),
  reply_to: z.strictObject({ mid: id, is_self_reply: z.boolean().optional() }).optional(),
  referral: z.record(z.string(), z.unknown()).optional(),
  commands: z
    .array(z.strictObject({ name: z.string().max(100) }))
    .max(30)
    .optional(),
};

export const conversationControls = [
  control({
    method: 'post',
    path: '/pages/:page/comments',
    status: 201,
    body: z.strictObject({
      from: customer.nullable().default({}),
      text,
      media: media.optional(),
      post_id: id.optional(),
      parent_id: id.optional(),
      deliver,
    }),
    handle: (world, { params, body }) => {
      const page = findPage(world.state, params.page!);
      const under = placeFor(world.state, page, body);
      const author = body.from ? putCustomer(world.state, page.id, body.from, 'id') : newCustomer(world.state, page.id);
      const from = { id: author.id, name: author.name };
      const comment = writeComment(world.state, { page, from, message: body.text, media: body.media ?? null, under });
      const change = commentChange(world.state, comment, 'add', body.from ? {} : { from: null });
      return { ...idsOf(comment), from, ...tell(world, change, body.deliver) };
    },
  }),

  control({
    method: 'patch',
    path: '/comments/:comment',
    body: z.strictObject({ text: text.optional(), hidden: z.boolean().optional(), deliver }),
    handle: (world, { params, body }) => {
      const comment = findLiving(world.state, params.comment!);
      const changes: Omit<Change, 'id'>[] = [];
      if (body.text !== undefined) {
        comment.message = body.text;
        changes.push(commentChange(world.state, comment, 'edited'));
      }
      if (body.hidden !== undefined) {
        const page = findPage(world.state, comment.pageId);
        comment.hidden = body.hidden;
        const from = { id: page.id, name: page.name };
        changes.push(commentChange(world.state, comment, body.hidden ? 'hide' : 'unhide', { from }));
      }
      return { ...idsOf(comment), changes: changes.map(change => tell(world, change, body.deliver)) };
    },
  }),

  control({
    method: 'delete',
    path: '/comments/:comment',
    query: z.strictObject({ deliver: z.stringbool().default(true) }),
    handle: (world, { params, query }) => {
      const comment = findLiving(world.state, params.comment!);
      comment.deleted = true;
      return { ...idsOf(comment), ...tell(world, commentChange(world.state, comment, 'remove'), query.deliver) };
    },
  }),

  control({
    method: 'post',
    path: '/pages/:page/messages',
    status: 201,
    body: z.strictObject({
      from: customer.default({}),
      text: text.default(''),
      ...extras,
      as: z.enum(['customer', 'inbox']).default('customer'),
      /** The app that writes as the Page; its inbox otherwise. */
      app_id: z
        .string()
        .regex(/^\d{1,15}$/)
        .default(inboxAppId),
      deliver,
    }),
    handle: (world, { params, body }) => {
      const page = findPage(world.state, params.page!);
      const person = putCustomer(world.state, page.id, body.from, 'psid');
      const ids = { psid: person.psid, customer_id: person.id, name: person.name };
      const { attachments, quick_reply, reply_to, referral, commands } = body;
      if (body.as === 'customer') {
        if (body.text === '' && !attachments) throw new ControlError(400, 'Give a text, or attachments.');
        const more = present({ attachments, quick_reply, reply_to, referral, commands });
        const { message, change } = receiveMessage(world.state, person, body.text, more);
        return { ...ids, mid: message.mid, ...tell(world, change, body.deliver) };
      }
      const input = { text: body.text, appId: body.app_id, metadata: null, commentId: null };
      const { message, changes } = sendMessage(world.state, person, input);
      return { ...ids, mid: message.mid, changes: changes.map(change => tell(world, change, body.deliver)) };
    },
  }),

  control({
    method: 'put',
    path: '/pages/:page/customers',
    body: customer,
    handle: ({ state }, { params, body }) => {
      const {
        name,
        psid,
        reachable,
        hasAppRole,
        id: customer_id,
      } = putCustomer(state, findPage(state, params.page!).id, body, 'psid');
      return { customer_id, psid, name, reachable, app_role: hasAppRole };
    },
  }),

  control({
    method: 'get',
    path: '/pages/:page/conversation',
    query: z.strictObject({ limit: z.coerce.number().int().min(1).max(5000).default(200) }),
    handle: ({ state }, { params, query }) => describeConversation(state, findPage(state, params.page!), query.limit),
  }),
];

/** Only what was given. */
function present(given: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** The Page of this id, or a 404. */
export function findPage(state: State, pageId: string): Page {
  return found(state.pages.get(pageId), 'page', pageId);
}

/** Where a customer's comment goes: under a comment, under a post of this Page, or under its first post. */
export function placeFor(
  state: State,
  page: Page,
  asked: { post_id?: string | undefined; parent_id?: string | undefined },
) {
  if (asked.parent_id !== undefined && !page.postIds.includes(asked.parent_id)) {
    const comment = findLiving(state, asked.parent_id);
    if (comment.pageId !== page.id) throw new ControlError(404, `There is no comment ${asked.parent_id} on this page.`);
    return { comment };
  }
  const postId = asked.post_id ?? asked.parent_id ?? page.postIds[0]!;
  if (!postId.startsWith(`${page.id}_`))
    throw new ControlError(400, `A post of this page has an id like ${page.id}_1.`);
  return { postId };
}

function findLiving(state: State, commentId: string): Comment {
  const comment = findComment(state, commentId);
  return found(comment && !comment.deleted ? comment : undefined, 'comment', commentId);
}

function idsOf(comment: Comment) {
  return { comment_id: comment.id, post_id: comment.postId, parent_id: comment.parentId };
}

/** Emits a change and tells what became of it. */
export function tell(world: World, change: Omit<Change, 'id'>, deliverIt: boolean): { change: object; delivery: Fate } {
  const emitted = world.emitter.emit(change, { deliver: deliverIt });
  return { change: presentChange(emitted.change), delivery: emitted.fate };
}

export function presentChange({ id: changeId, pageId, field, list, value }: Change) {
  return { id: changeId, page_id: pageId, field, list, value };
}
