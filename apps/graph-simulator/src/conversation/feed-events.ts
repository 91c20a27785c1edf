import * as z from 'zod';
import { nowMs, nowSeconds } from '../state/clock.ts';
import type { Customer, Page } from '../state/entities.ts';
import { nextId } from '../state/sequence.ts';
import type { State } from '../state/state.ts';
import type { Change } from '../webhooks/change.ts';
import { findComment, graphTime, mayShow, permalink } from './comments.ts';
import { putCustomer } from './customers.ts';

const id = z.string().min(1).max(100);
const text = z.string().max(8000);
const from = z
  .strictObject({ id: id.optional(), name: z.string().min(1).max(200).optional() })
  .nullable()
  .default({});
const verb = z.enum(['add', 'edited', 'remove']).default('add');

/** What happens on a Page beside comments, as its feed tells it. */
export const feedEventSchemas = [
  z.strictObject({
    type: z.literal('post'),
    item: z.enum(['status', 'photo', 'video', 'share', 'link', 'album', 'post']).default('status'),
    verb,
    post_id: id.optional(),
    text: text.optional(),
    published: z.boolean().default(true),
    from,
  }),
  z.strictObject({
    type: z.literal('feed_reaction'),
    reaction_type: z.enum(['like', 'love', 'wow', 'haha', 'sad', 'angry', 'care']).default('like'),
    verb: z.enum(['add', 'edit', 'remove']).default('add'),
    post_id: id.optional(),
    comment_id: id.optional(),
    from,
  }),
  z.strictObject({ type: z.literal('like'), verb, from }),
  z.strictObject({ type: z.literal('mention'), item: z.enum(['post', 'comment']).default('comment'), text, from }),
  z.strictObject({ type: z.literal('leadgen'), form_id: id.optional() }),
] as const;

export type FeedEvent = z.output<(typeof feedEventSchemas)[number]>;
type Told = Omit<Change, 'id'>;

/** What the webhook tells of a feed event. */
export function feedChange(state: State, page: Page, event: FeedEvent): Told {
  if (event.type === 'leadgen') return feed(state, page, 'leadgen', leadOf(state, page, event.form_id));
  const author = event.from ? authorOf(state, page, event.from) : {};
  const created_time = nowSeconds(state);
  switch (event.type) {
    case 'post':
      return feed(state, page, 'feed', { ...author, ...postOf(state, page, event), created_time });
    case 'feed_reaction': {
      const { reaction_type, verb: done } = event;
      const target = reactedTo(state, page, event);
      return feed(state, page, 'feed', {
        ...author,
        ...target,
        created_time,
        item: 'reaction',
        reaction_type,
        verb: done,
      });
    }
    case 'like':
      return feed(state, page, 'feed', { ...author, created_time, item: 'like', verb: event.verb });
    case 'mention': {
      const comment_id = event.item === 'comment' ? { comment_id: `${page.id}_${nextId(state, 'mention', '77')}` } : {};
      const place = { item: event.item, post_id: page.postIds[0]!, ...comment_id };
      return feed(state, page, 'mention', { ...author, ...place, message: event.text, verb: 'add', created_time });
    }
  }
}

function feed(state: State, page: Page, field: string, value: Record<string, unknown>): Told {
  return { pageId: page.id, field, list: 'changes', value, atMs: nowMs(state) };
}

function authorOf(state: State, page: Page, given: { id?: string | undefined; name?: string | undefined }) {
  // The Page itself can be the one who posts.
  if (given.id === page.id) return { from: { id: page.id, name: page.name } };
  const customer: Customer = putCustomer(state, page.id, given, 'id');
  return mayShow(state, page.id, customer.id) ? { from: { id: customer.id, name: customer.name } } : {};
}

function postOf(state: State, page: Page, event: Extract<FeedEvent, { type: 'post' }>) {
  const post_id = event.post_id ?? `${page.id}_${nextId(state, 'post', '122')}`;
  if (event.verb === 'add' && !page.postIds.includes(post_id)) page.postIds.push(post_id);
  if (event.verb === 'remove') return { item: 'post', verb: 'remove', post_id, recipient_id: page.id };
  const media = event.item === 'photo' || event.item === 'video' ? mediaOf(state, event.item) : {};
  const link = event.item === 'share' || event.item === 'link' ? { link: 'https://shop.example/cups' } : {};
  return {
    item: event.item,
    verb: event.verb,
    post_id,
    ...(event.text === undefined ? {} : { message: event.text }),
    published: event.published ? 1 : 0,
    ...media,
    ...link,
    permalink_url: permalink(post_id),
    updated_time: graphTime(nowSeconds(state)),
  };
}

function mediaOf(state: State, item: 'photo' | 'video') {
  // Longer than 2^53; `numeric_ids` can make a number of it.
  const mediaId = nextId(state, 'media', '990002');
  const url = `https://scontent.example/${mediaId}`;
  return item === 'photo' ? { photo_id: mediaId, photos: [url], link: url } : { video_id: mediaId, link: url };
}

function reactedTo(state: State, page: Page, event: { post_id?: string | undefined; comment_id?: string | undefined }) {
  const comment = event.comment_id ? findComment(state, event.comment_id) : undefined;
  if (comment) return { post_id: comment.postId, comment_id: comment.id, parent_id: comment.parentId };
  const post_id = event.post_id ?? page.postIds[0]!;
  return { post_id, ...(event.comment_id ? { comment_id: event.comment_id } : {}), parent_id: post_id };
}

function leadOf(state: State, page: Page, formId: string | undefined) {
  return {
    leadgen_id: nextId(state, 'lead', '880'),
    page_id: page.id,
    form_id: formId ?? nextId(state, 'form', '881'),
    adgroup_id: nextId(state, 'ad group', '882'),
    ad_id: nextId(state, 'ad', '883'),
    created_time: nowSeconds(state),
  };
}
