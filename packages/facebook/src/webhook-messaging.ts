import type { ChangeKind, Reading } from './webhook-change.ts';
import type { Fields } from './webhook-values.ts';
import { fieldsOf, hashOf, idOf, idWithin, timeOf } from './webhook-values.ts';

/** Reads one item of `messaging`. */
export function readMessagingItem(item: Fields, pageId: string): Reading {
  const { kind, identity, personId } = identify(item, pageId);
  return { kind, time: timeOf(item.timestamp), identity: identity ?? [hashOf(item)], personId, threadId: personId };
}

/** Reads one item of `standby`: another app has the thread, so whatever it is, it is not for us to answer. */
export function readStandbyItem(item: Fields, pageId: string): Reading {
  const reading = readMessagingItem(item, pageId);
  return { ...reading, kind: 'standby', identity: [reading.kind, ...reading.identity] };
}

/** What a part says about its item; without an identity the whole item is hashed. */
interface Part {
  kind: ChangeKind;
  identity: string[] | null;
  personId: string | null;
}

function identify(item: Fields, pageId: string): Part {
  const sender = idWithin(item.sender);
  // The person of a conversation is never the page itself.
  const personId = sender === pageId ? idWithin(item.recipient) : sender;
  const part =
    readMessage(item, pageId, sender) ??
    readReceipt(item, personId) ??
    readMessageChange(item, personId) ??
    readOther(item, personId);
  return part ?? { kind: 'unknown', identity: null, personId };
}

function readMessage(item: Fields, pageId: string, sender: string | null): Part | null {
  const message = fieldsOf(item.message);
  if (!message) return null;
  const mid = idOf(message.mid);
  // A message from the page is an echo even if it does not say so: answering it would answer ourselves.
  const echo = isTrue(message.is_echo) || sender === pageId;
  const personId = echo ? idWithin(item.recipient) : sender;
  if (mid === null || personId === null) return { kind: 'unknown', identity: null, personId };
  return { kind: echo ? 'message.echo' : 'message', identity: [mid], personId };
}

function readReceipt(item: Fields, personId: string | null): Part | null {
  const delivery = fieldsOf(item.delivery);
  const receipt = delivery ?? fieldsOf(item.read);
  if (!receipt) return null;
  const watermark = idOf(receipt.watermark);
  return {
    kind: delivery ? 'message.delivery' : 'message.read',
    identity: watermark !== null && personId !== null ? [personId, watermark] : null,
    personId,
  };
}

function readMessageChange(item: Fields, personId: string | null): Part | null {
  const edit = fieldsOf(item.message_edit);
  if (edit) {
    const mid = idOf(edit.mid);
    // `num_edit` is a number or a string.
    const identity = mid !== null ? [mid, idOf(edit.num_edit) ?? '', hashOf(edit.text)] : null;
    return { kind: 'message.edit', identity, personId };
  }
  const reaction = fieldsOf(item.reaction);
  if (!reaction) return null;
  const mid = idOf(reaction.mid);
  const identity =
    mid !== null && personId !== null ? [mid, personId, idOf(reaction.action) ?? '', idOf(item.timestamp) ?? ''] : null;
  return { kind: 'message.reaction', identity, personId };
}

function readOther(item: Fields, personId: string | null): Part | null {
  const postback = fieldsOf(item.postback);
  if (postback) {
    const mid = idOf(postback.mid);
    return { kind: 'postback', identity: mid !== null ? [mid] : null, personId };
  }
  const kind = otherKind(item);
  return kind && { kind, identity: null, personId };
}

function otherKind(item: Fields): ChangeKind | null {
  if (fieldsOf(item.referral)) return 'referral';
  if (fieldsOf(item.optin)) return 'optin';
  if (fieldsOf(item.policy_enforcement)) return 'policy';
  const handover =
    fieldsOf(item.pass_thread_control) ??
    fieldsOf(item.take_thread_control) ??
    fieldsOf(item.request_thread_control) ??
    fieldsOf(item.app_roles);
  return handover ? 'handover' : null;
}

/** Flags come as booleans, and as strings or numbers from older senders. */
export function isTrue(value: unknown): boolean {
  return value === true || value === 'true' || value === 1;
}
