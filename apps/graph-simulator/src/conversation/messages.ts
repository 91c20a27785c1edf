import { nowMs } from '../state/clock.ts';
import type { Customer, Message, Thread } from '../state/entities.ts';
import { nextWord } from '../state/sequence.ts';
import type { State } from '../state/state.ts';
import type { Change } from '../webhooks/change.ts';

/** Meta's own Page inbox, as the author of an echo. */
export const inboxAppId = '26390203743090';

// Of a thread the oldest messages are forgotten.
const keptMessages = 1000;

const threadKey = (pageId: string, psid: string) => `${pageId} ${psid}`;

export function findThread(state: State, pageId: string, psid: string): Thread | undefined {
  return state.threads.get(threadKey(pageId, psid));
}

/** The thread of a customer, made when there is none yet. */
export function threadOf(state: State, { pageId, psid }: Customer): Thread {
  const known = findThread(state, pageId, psid);
  if (known) return known;
  const thread: Thread = { pageId, psid, lastInboundAtMs: null, ownerAppId: null, messages: [] };
  state.threads.set(threadKey(pageId, psid), thread);
  state.indexes.touchThread(thread);
  return thread;
}

/** A customer's message: opens, or keeps open, the 24 hours in which the Page may answer. */
export function receiveMessage(
  state: State,
  customer: Customer,
  text: string,
  more: Record<string, unknown> = {},
): { message: Message; change: Omit<Change, 'id'> } {
  const message = addMessage(state, customer, {
    author: 'customer',
    text,
    appId: null,
    metadata: null,
    commentId: null,
  });
  threadOf(state, customer).lastInboundAtMs = message.atMs;
  const content = { mid: message.mid, ...(text === '' ? {} : { text }), ...more };
  return { message, change: fromCustomer(state, customer, 'messages', { message: content }, message.atMs) };
}

export interface SendInput {
  text: string;
  appId: string;
  metadata: string | null;
  commentId: string | null;
}

/** A message of the Page, with what the webhook tells of it: its echo, that it has arrived, and that it was read. */
export function sendMessage(state: State, customer: Customer, input: SendInput) {
  const message = addMessage(state, customer, { author: 'page', ...input });
  const { pageId, psid } = customer;
  const watermark = message.atMs;
  const echo = {
    sender: { id: pageId },
    recipient: { id: psid },
    timestamp: message.atMs,
    message: {
      mid: message.mid,
      is_echo: true,
      // A number on Meta's side too; app ids stay below 2^53.
      app_id: Number(input.appId),
      ...(input.metadata === null ? {} : { metadata: input.metadata }),
      text: input.text,
    },
  };
  const delivery = { delivery: { mids: [message.mid], watermark } };
  const changes = [
    placed(state, customer, { field: 'message_echoes', value: echo, atMs: message.atMs }),
    fromCustomer(state, customer, 'message_deliveries', delivery, message.atMs),
  ];
  if (state.app.knobs.reads) {
    changes.push(fromCustomer(state, customer, 'message_reads', { read: { watermark } }, message.atMs));
  }
  return { message, changes };
}

function addMessage(
  state: State,
  customer: Customer,
  message: Omit<Message, 'mid' | 'atMs' | 'edits' | 'reaction'>,
): Message {
  const mid = nextWord(state, 'message', 'm_', 32);
  const added = { mid, atMs: nowMs(state), ...message, edits: 0, reaction: null };
  const thread = threadOf(state, customer);
  thread.messages.push(added);
  // In large pieces, so that forgetting costs next to nothing per message.
  if (thread.messages.length > 2 * keptMessages) thread.messages = thread.messages.slice(-keptMessages);
  state.indexes.touchThread(thread);
  return added;
}

/** What the webhook tells of something that a customer did. Times are milliseconds. */
export function fromCustomer(
  state: State,
  customer: Customer,
  field: string,
  payload: Record<string, unknown>,
  atMs = nowMs(state),
): Omit<Change, 'id'> {
  const value = { sender: { id: customer.psid }, recipient: { id: customer.pageId }, timestamp: atMs, ...payload };
  return placed(state, customer, { field, value, atMs });
}

/** While another app controls the thread, everything about it goes to those who stand by. */
function placed(
  state: State,
  { pageId, psid }: Customer,
  { field, value, atMs }: Pick<Change, 'field' | 'value' | 'atMs'>,
): Omit<Change, 'id'> {
  const isOurs = (findThread(state, pageId, psid)?.ownerAppId ?? null) === null;
  return isOurs
    ? { pageId, field, list: 'messaging', value, atMs }
    : { pageId, field: 'standby', list: 'standby', value, atMs };
}
