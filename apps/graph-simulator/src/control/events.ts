import * as z from 'zod';
import { putCustomer } from '../conversation/customers.ts';
import { feedChange, feedEventSchemas } from '../conversation/feed-events.ts';
import { customerChange, customerEventSchemas, policyChange } from '../conversation/messaging-events.ts';
import { nowMs } from '../state/clock.ts';
import type { Page } from '../state/entities.ts';
import type { State } from '../state/state.ts';
import type { Change } from '../webhooks/change.ts';
import { sampleOf } from '../webhooks/samples.ts';
import { ControlError, control } from './control.ts';
import { findPage, tell } from './conversation.ts';

const reason = z.string().max(1000).default('Many people have reported messages of this Page.');
const pageEventSchema = z.discriminatedUnion('type', [
  ...feedEventSchemas,
  ...customerEventSchemas,
  z.strictObject({ type: z.literal('policy_warning'), reason }),
  z.strictObject({ type: z.literal('restricted'), reason }),
  z.strictObject({ type: z.literal('unrestricted'), reason }),
]);
type PageEvent = z.output<typeof pageEventSchema>;

export const eventControls = [
  control({
    method: 'post',
    path: '/pages/:page/events',
    status: 201,
    // Whether it is delivered stands beside the event itself.
    body: z.looseObject({ deliver: z.boolean().default(true) }),
    handle: (world, { params, body }) => {
      const { deliver, ...given } = body;
      const page = findPage(world.state, params.page!);
      return tell(world, happen(world.state, page, readEvent(given)), deliver);
    },
  }),

  control({
    method: 'post',
    path: '/pages/:page/changes',
    status: 201,
    body: z.strictObject({
      field: z.string().min(1).max(100),
      list: z.enum(['changes', 'messaging', 'standby']).default('changes'),
      value: z.record(z.string(), z.unknown()),
      deliver: z.boolean().default(true),
    }),
    handle: (world, { params, body }) => {
      const { deliver, ...change } = body;
      const pageId = findPage(world.state, params.page!).id;
      return tell(world, { pageId, ...change, atMs: nowMs(world.state) }, deliver);
    },
  }),

  control({
    method: 'post',
    path: '/app/test-webhook',
    body: z.strictObject({ field: z.string().min(1).max(100) }),
    handle: async ({ state, courier }, { body }) => {
      const text = JSON.stringify(sampleOf(state, body.field));
      const { status, failure } = await courier.deliver(courier.packText(text));
      return { status, failure };
    },
  }),
];

function readEvent(given: unknown): PageEvent {
  const parsed = pageEventSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(issue => `${['body', ...issue.path].join('.')}: ${issue.message}`);
  throw new ControlError(400, `${faults.join('; ')}.`);
}

/** Lets something happen on a Page, and answers with what the webhook tells of it. */
function happen(state: State, page: Page, event: PageEvent): Omit<Change, 'id'> {
  switch (event.type) {
    case 'policy_warning':
      return policyChange(state, page, 'warning', event.reason);
    case 'restricted':
      page.restriction = event.reason;
      return policyChange(state, page, 'block', event.reason);
    case 'unrestricted':
      page.restriction = null;
      return policyChange(state, page, 'unblock', event.reason);
    case 'post':
    case 'feed_reaction':
    case 'like':
    case 'mention':
    case 'leadgen':
      return feedChange(state, page, event);
    default: {
      const change = customerChange(state, putCustomer(state, page.id, event.from, 'psid'), event);
      if (change) return change;
      throw new ControlError(404, 'There is no such message, or it was edited five times already.');
    }
  }
}
