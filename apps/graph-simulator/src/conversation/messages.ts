import { nowMs } from '../state/clock.ts';
import { nextWord } from '../state/sequence.ts';
import type { Customer, Message, State, Thread } from '../state/state.ts';
import type { Change } from '../webhooks/change.ts';

/** Meta's own Page inbox, as the author of an echo. */
export const inboxAppId = '26390203743090';

const threadKey = (pageId: string, psid: string) => `${pageId} ${psid}`;

export function findThread(state: State, pageId: string, psid: string): Thread | undefined {
  return state.threads.get(threadKey(pageId, psid));
}

/** A customer's message: opens, or keeps open, the 24 hours in which the Page may answer. */
export function receiveMessage(
  state: State,
  customer: Customer,
  text: string,
): { message: Message; change: Omit<Change, 'id'> } {
  const message = addMessage(state, customer, {
    author: 'customer',
    text,
    appId: null,
    metadata: null,
    commentId: null,
  });
  putThread(state, customer).lastInboundAtMs = message.atMs;
  const value = {
    sender: { id: customer.psid },
    recipient: { id: customer.pageId },
    timestamp: message.atMs,
    message: { mid: message.mid, text },
  };
  return { message, change: messaging(customer.pageId, 'messages', value, message.atMs) };
}

export interface SendInput {
  text: string;
  appId: string;
  metadata: string | null;
  commentId: string | null;
}

/** A message of the Page, with what the webhook tells of it: its echo, and that it has arrived. */
export function sendMessage(state: State, customer: Customer, input: SendInput) {
  const message = addMessage(state, customer, { author: 'page', ...input });
  const { pageId, psid } = customer;
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
  const delivery = {
    sender: { id: psid },
    recipient: { id: pageId },
    delivery: { mids: [message.mid], watermark: message.atMs },
  };
  const changes = [
    messaging(pageId, 'message_echoes', echo, message.atMs),
    messaging(pageId, 'message_deliveries', delivery, message.atMs),
  ];
  return { message, changes };
}

function addMessage(state: State, customer: Customer, message: Omit<Message, 'mid' | 'atMs'>): Message {
  const added = { mid: nextWord(state, 'message', 'm_', 32), atMs: nowMs(state), ...message };
  putThread(state, customer).messages.push(added);
  return added;
}

function putThread(state: State, { pageId, psid }: Customer): Thread {
  const key = threadKey(pageId, psid);
  const thread = state.threads.get(key) ?? { pageId, psid, lastInboundAtMs: null, messages: [] };
  state.threads.set(key, thread);
  return thread;
}

function messaging(pageId: string, field: string, value: Record<string, unknown>, atMs: number): Omit<Change, 'id'> {
  return { pageId, field, list: 'messaging', value, atMs };
}
