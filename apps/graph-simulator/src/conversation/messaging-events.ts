import * as z from 'zod';
import { nowMs } from '../state/clock.ts';
import type { Customer, Message, Page } from '../state/entities.ts';
import { nextId, nextWord } from '../state/sequence.ts';
import type { State } from '../state/state.ts';
import type { Change } from '../webhooks/change.ts';
import { fromCustomer, inboxAppId, threadOf } from './messages.ts';

const id = z.string().min(1).max(100);
const text = z.string().max(8000);
export const customerSchema = z.strictObject({ id: id.optional(), name: z.string().min(1).max(200).optional() });
const from = customerSchema.default({});
const referral = {
  ref: z.string().max(500).default('spring'),
  source: z.enum(['SHORTLINK', 'ADS']).default('SHORTLINK'),
};

/** What a customer does in Messenger beside writing. */
export const customerEventSchemas = [
  z.strictObject({
    type: z.literal('reaction'),
    from,
    mid: id.optional(),
    action: z.enum(['react', 'unreact']).default('react'),
    reaction: z.string().max(50).default('love'),
    emoji: z.string().max(20).default('\u2764\ufe0f'),
  }),
  z.strictObject({
    type: z.literal('postback'),
    from,
    title: text.default('Get started'),
    payload: text.default('GET_STARTED'),
    referral: z.strictObject(referral).optional(),
  }),
  z.strictObject({ type: z.literal('referral'), from, ...referral, ad_id: id.optional() }),
  z.strictObject({ type: z.literal('optin'), from, payload: text.default('NEWS') }),
  z.strictObject({ type: z.literal('message_edit'), from, mid: id.optional(), text }),
  z.strictObject({ type: z.literal('read'), from }),
  z.strictObject({ type: z.literal('delivery'), from, with_mids: z.boolean().default(true) }),
  z.strictObject({
    type: z.literal('account_linking'),
    from,
    status: z.enum(['linked', 'unlinked']).default('linked'),
  }),
  z.strictObject({
    type: z.literal('handover'),
    from,
    action: z.enum(['pass', 'take', 'request', 'app_roles']),
    /** The app that gets, takes or asks for the thread; null, and this app's own id, is this app. */
    app_id: id.nullable().default(inboxAppId),
    metadata: z.string().max(1000).optional(),
    numeric_ids: z.boolean().default(false),
  }),
] as const;

export type CustomerEvent = z.output<(typeof customerEventSchemas)[number]>;
type Told = Omit<Change, 'id'>;

/** Lets a customer do something, and answers with what the webhook tells of it; null when there is no such message. */
export function customerChange(state: State, customer: Customer, event: CustomerEvent): Told | null {
  const told = (field: string, payload: Record<string, unknown>) => fromCustomer(state, customer, field, payload);
  switch (event.type) {
    case 'reaction':
      return react(state, customer, event);
    case 'message_edit':
      return edit(state, customer, event);
    case 'postback': {
      openWindow(state, customer);
      const mid = nextWord(state, 'message', 'm_', 32);
      const referred = event.referral ? { referral: { ...event.referral, type: 'OPEN_THREAD' } } : {};
      return told('messaging_postbacks', {
        postback: { mid, title: event.title, payload: event.payload, ...referred },
      });
    }
    case 'referral': {
      openWindow(state, customer);
      const { ref, source, ad_id } = event;
      const ad = ad_id ? { ad_id, ads_context_data: { ad_title: 'Spring' } } : {};
      return told('messaging_referrals', { referral: { ref, source, type: 'OPEN_THREAD', ...ad } });
    }
    case 'optin': {
      const notification_messages_token = nextId(state, 'optin', '77');
      const optin = { type: 'notification_messages', payload: event.payload, notification_messages_token };
      return told('messaging_optins', { optin });
    }
    case 'read':
      return told('message_reads', { read: { watermark: nowMs(state) } });
    case 'delivery': {
      const sent = threadOf(state, customer).messages.filter(message => message.author === 'page');
      const mids = event.with_mids ? { mids: sent.slice(-10).map(message => message.mid) } : {};
      return told('message_deliveries', { delivery: { ...mids, watermark: nowMs(state) } });
    }
    case 'account_linking': {
      const code = event.status === 'linked' ? { authorization_code: nextWord(state, 'link', '', 12) } : {};
      return told('messaging_account_linking', { account_linking: { status: event.status, ...code } });
    }
    case 'handover':
      return handOver(state, customer, event);
  }
}

// Twenty-four hours begin anew with whatever a person does to the Page.
function openWindow(state: State, customer: Customer): void {
  const thread = threadOf(state, customer);
  thread.lastInboundAtMs = nowMs(state);
  state.indexes.touchThread(thread);
}

function react(state: State, customer: Customer, event: Extract<CustomerEvent, { type: 'reaction' }>): Told | null {
  const message = findMessage(state, customer, event.mid, 'page');
  if (!message) return null;
  openWindow(state, customer);
  const { action, reaction, emoji } = event;
  message.reaction = action === 'react' ? emoji : null;
  const said = action === 'react' ? { reaction, emoji } : {};
  return fromCustomer(state, customer, 'message_reactions', { reaction: { ...said, action, mid: message.mid } });
}

function edit(state: State, customer: Customer, event: Extract<CustomerEvent, { type: 'message_edit' }>): Told | null {
  const message = findMessage(state, customer, event.mid, 'customer');
  if (!message || message.edits >= greatestEdits) return null;
  message.text = event.text;
  message.edits += 1;
  const message_edit = { mid: message.mid, text: message.text, num_edit: message.edits };
  return fromCustomer(state, customer, 'message_edits', { message_edit });
}

const greatestEdits = 5;

/** The message of this id, else the last one of this author. */
function findMessage(
  state: State,
  customer: Customer,
  mid: string | undefined,
  author: Message['author'],
): Message | undefined {
  return threadOf(state, customer).messages.findLast(message =>
    mid ? message.mid === mid : message.author === author,
  );
}

/** Passes control of the thread. The event itself is told to both sides, so it never goes to those who stand by. */
function handOver(state: State, customer: Customer, event: Extract<CustomerEvent, { type: 'handover' }>): Told {
  const thread = threadOf(state, customer);
  const ours = state.app.id;
  const asId = (app: string) => (event.numeric_ids ? Number(app) : app);
  const [before, after] = [thread.ownerAppId ?? ours, event.app_id ?? ours];
  const metadata = event.metadata === undefined ? {} : { metadata: event.metadata };
  const payloads = {
    pass: { pass_thread_control: { previous_owner_app_id: asId(before), new_owner_app_id: asId(after), ...metadata } },
    take: { take_thread_control: { previous_owner_app_id: asId(before), new_owner_app_id: asId(after), ...metadata } },
    request: { request_thread_control: { requested_owner_app_id: asId(after), ...metadata } },
    app_roles: { app_roles: { [after]: ['primary_receiver'] } },
  };
  const value = {
    sender: { id: customer.psid },
    recipient: { id: customer.pageId },
    timestamp: nowMs(state),
    ...payloads[event.action],
  };
  if (event.action === 'pass' || event.action === 'take') thread.ownerAppId = after === ours ? null : after;
  return { pageId: customer.pageId, field: 'messaging_handovers', list: 'messaging', value, atMs: nowMs(state) };
}

/** What the webhook tells of a Page that Meta warns, blocks or lets go again. It has no sender. */
export function policyChange(state: State, page: Page, action: 'warning' | 'block' | 'unblock', reason: string): Told {
  const atMs = nowMs(state);
  const value = { recipient: { id: page.id }, timestamp: atMs, policy_enforcement: { action, reason } };
  return { pageId: page.id, field: 'messaging_policy_enforcement', list: 'messaging', value, atMs };
}
