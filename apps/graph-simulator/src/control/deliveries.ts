import * as z from 'zod';
import { signatureModes } from '../app/knobs.ts';
import { commentChange, writeComment } from '../conversation/comments.ts';
import { newCustomer, putCustomer } from '../conversation/customers.ts';
import { receiveMessage } from '../conversation/messages.ts';
import { nowMs } from '../state/clock.ts';
import type { Customer } from '../state/entities.ts';
import type { State } from '../state/state.ts';
import type { Change } from '../webhooks/change.ts';
import { bodyOf } from '../webhooks/change.ts';
import { encodeBody } from '../webhooks/encode.ts';
import { countStatuses, deliverAll, eachOf, inBatches, redeliver } from '../webhooks/redeliver.ts';
import { whyNotDelivered } from '../webhooks/subscribed.ts';
import type { World } from '../world.ts';
import { ControlError, control, found } from './control.ts';
import { findPage, placeFor, presentChange } from './conversation.ts';

const mode = z.enum(signatureModes).default('ok');
const times = z.number().int().min(1).max(1000).default(1);
const concurrency = z.number().int().min(1).max(64).default(4);
const batchSize = z.number().int().min(1).max(1000);
const bulk = z.strictObject({
  count: z.number().int().min(1).max(50_000),
  text: z.string().max(8000).default('Is this in stock? ({n})'),
  from_distinct: z.boolean().default(true),
  post_id: z.string().max(100).optional(),
  batch_size: batchSize.default(100),
  concurrency,
  deliver: z.boolean().default(true),
});

export const deliveryControls = [
  control({
    method: 'post',
    path: '/deliveries',
    body: z.strictObject({
      entries: z.array(z.unknown()).max(10_000).optional(),
      changes: z
        .array(
          z.strictObject({
            page_id: z.string().max(100),
            field: z.string().max(100).default('feed'),
            list: z.enum(['changes', 'messaging', 'standby']).default('changes'),
            value: z.record(z.string(), z.unknown()),
          }),
        )
        .max(10_000)
        .optional(),
      raw: z.string().max(5_000_000).optional(),
      times,
      concurrency,
      mode,
      url: z.url({ protocol: /^https?$/ }).optional(),
    }),
    handle: (world, { body }) => {
      const content = rawBody(world.state, body);
      const pageIds = body.changes?.map(change => change.page_id) ?? [];
      const parcels = Array.from({ length: body.times }, () => world.courier.packText(content, pageIds));
      return deliverAll(world.courier, parcels, body);
    },
  }),

  control({
    method: 'get',
    path: '/changes',
    query: z.strictObject({
      page_id: z.string().optional(),
      field: z.string().optional(),
      after: z.coerce.number().int().min(0).optional(),
      limit: z.coerce.number().int().min(1).max(100_000).default(10_000),
    }),
    handle: ({ emitter }, { query }) => {
      const changes = emitter
        .recordedAfter(query.after ?? 0)
        .filter(
          change =>
            (query.page_id === undefined || change.pageId === query.page_id) &&
            (query.field === undefined || change.field === query.field),
        );
      // The newest, or what comes next to what is known.
      const shown = query.after === undefined ? changes.slice(-query.limit) : changes.slice(0, query.limit);
      return { data: shown.map(presentChange), total: emitter.total, forgotten: emitter.forgotten };
    },
  }),

  control({
    method: 'post',
    path: '/redeliver',
    body: z.strictObject({
      change_ids: z.array(z.string()).max(50_000).optional(),
      all: z.literal(true).optional(),
      batch_size: batchSize.default(1),
      shuffle: z.boolean().default(false),
      times,
      concurrency,
      mode,
    }),
    handle: (world, { body }) => {
      const { batch_size, ...how } = body;
      return redeliver(world.state, world.courier, chosenChanges(world, body), { ...how, batchSize: batch_size });
    },
  }),

  control({
    method: 'post',
    path: '/pages/:page/comments/bulk',
    status: 201,
    body: bulk,
    handle: (world, { params, body }) => {
      const page = findPage(world.state, params.page!);
      const under = placeFor(world.state, page, body);
      return writeBulk(world, page.id, body, ({ id, name }, message) => {
        const comment = writeComment(world.state, { page, from: { id, name }, message, under });
        return { id: comment.id, change: commentChange(world.state, comment, 'add') };
      });
    },
  }),

  control({
    method: 'post',
    path: '/pages/:page/messages/bulk',
    status: 201,
    body: bulk.omit({ post_id: true }),
    handle: (world, { params, body }) => {
      const page = findPage(world.state, params.page!);
      return writeBulk(world, page.id, body, (customer, text) => {
        const { message, change } = receiveMessage(world.state, customer, text);
        return { id: message.mid, change };
      });
    },
  }),
];

interface RawInput {
  entries?: unknown[] | undefined;
  changes?: { page_id: string; field: string; list: Change['list']; value: Record<string, unknown> }[] | undefined;
  raw?: string | undefined;
}

/** The body of a raw delivery; exactly one of the three ways to say it. */
function rawBody(state: State, { entries, changes, raw }: RawInput): string {
  const given = [entries, changes, raw].filter(way => way !== undefined);
  if (given.length !== 1) throw new ControlError(400, 'Give exactly one of entries, changes and raw.');
  if (raw !== undefined) return raw;
  const { numeric_ids } = state.app.knobs;
  if (entries) return encodeBody({ object: 'page', entry: entries }, numeric_ids);
  const atMs = nowMs(state);
  const told = (changes ?? []).map(({ page_id, ...change }) => ({ id: '', pageId: page_id, atMs, ...change }));
  return encodeBody(bodyOf(told, state.app.includeValues), numeric_ids);
}

function chosenChanges({ emitter }: World, chosen: { change_ids?: string[] | undefined; all?: true | undefined }) {
  if (chosen.all) return emitter.recorded;
  if (!chosen.change_ids) throw new ControlError(400, 'Give change_ids, or all: true.');
  return chosen.change_ids.map(id => found(emitter.find(id), 'change', id));
}

type Bulk = Omit<z.output<typeof bulk>, 'post_id'>;
type Write = (customer: Customer, text: string) => { id: string; change: Omit<Change, 'id'> };

/** Writes many at once; `{n}` in the text becomes the number. Failed bodies are retried like any other. */
async function writeBulk(world: World, pageId: string, body: Bulk, write: Write) {
  const { state, emitter } = world;
  const one = body.from_distinct ? null : putCustomer(state, pageId, {}, 'id');
  const written = Array.from({ length: body.count }, (_, index) =>
    write(one ?? newCustomer(state, pageId), body.text.replaceAll('{n}', String(index + 1))),
  );
  const changes = written.map(({ change }) => emitter.record(change));
  const obstacle = body.deliver ? whyNotDelivered(state, changes[0]!) : ('held' as const);
  const batches = obstacle ? [] : inBatches(changes, body.batch_size);
  const receipts = await eachOf(batches, body.concurrency, batch => emitter.deliverTogether(batch));
  return {
    count: written.length,
    delivery: obstacle ?? 'delivered',
    bodies: receipts.length,
    statuses: countStatuses(receipts),
    ids: written.map(({ id }) => id),
    change_ids: changes.map(({ id }) => id),
  };
}
