import { findComment } from '../../conversation/comments.ts';
import { findByPsid, findCustomer } from '../../conversation/customers.ts';
import { findThread, sendMessage } from '../../conversation/messages.ts';
import { nowMs, nowSeconds } from '../../state/clock.ts';
import type { Comment, Customer } from '../../state/entities.ts';
import type { Call, PageCaller } from '../call.ts';
import { demandScope, demandTask, pageCaller } from '../call.ts';
import { GraphError, noSuchObject, numbered } from '../errors.ts';
import { isRecord, recordParam, textParam } from '../params.ts';
import { privateReplySeconds } from './comments.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const greatestText = 2000;
const greatestMetadata = 1000;
const senderActions = ['typing_on', 'typing_off', 'mark_seen'];

/** POST {page}/messages: a message, a private reply to a comment, or a sender action. */
export function send(call: Call) {
  const caller = pageCaller(call, { write: true });
  if (call.segments[0] !== caller.page.id) throw noSuchObject(call.segments[0]!, call.method);
  demandScope(caller, 'pages_messaging', scope => numbered(230, `Requires ${scope} permission to manage the object.`));
  demandTask(call, caller, 'MESSAGING');
  if (caller.page.restriction !== null) throw restricted();
  const recipient = recordParam(call.params, 'recipient') ?? {};
  if (typeof recipient.comment_id === 'string') return replyPrivately(call, caller, recipient.comment_id);
  if (typeof recipient.id !== 'string') throw numbered(100, 'The parameter recipient is required.');
  return sendTo(call, caller, recipient.id);
}

function sendTo(call: Call, caller: PageCaller, psid: string) {
  const { state } = call.world;
  const action = textParam(call.params, 'sender_action');
  const content = action ? null : readContent(call, caller, { recipient: psid, comment_id: null });
  const customer = findByPsid(state, caller.page.id, psid);
  if (!customer) throw numbered(100, 'No matching user found', { subcode: 2018001 });
  if (action && !senderActions.includes(action)) throw numbered(100, `Invalid sender_action ${action}.`);
  demandReachable(call, customer);
  if (!content) return { recipient_id: psid };
  demandWindow(call, customer);
  return dispatch(call, customer, content, null);
}

/** One private reply per comment, within seven days, to a person. It does not open the 24 hours. */
function replyPrivately(call: Call, caller: PageCaller, commentId: string) {
  const content = readContent(call, caller, { recipient: null, comment_id: commentId });
  const comment = findComment(call.world.state, commentId);
  if (!comment || comment.pageId !== caller.page.id) {
    throw numbered(100, 'Invalid comment_id parameter', { subcode: 2018292 });
  }
  if (comment.privateReplyMid) throw numbered(10900, 'Activity already replied to');
  const customer = findCustomer(call.world.state, caller.page.id, comment.from.id);
  if (!customer || comment.deleted) throw numbered(10902, 'This is not a Replyable activity');
  demandRecent(call, comment);
  demandReachable(call, customer);
  demandRoom(call, caller);
  return dispatch(call, customer, content, comment);
}

/** That the Page has private replies left in its rolling hour, and takes one. */
function demandRoom({ world: { state } }: Call, { page }: PageCaller): void {
  const now = nowMs(state);
  page.privateRepliesAtMs = page.privateRepliesAtMs.filter(atMs => atMs > now - hourMs);
  if (page.privateRepliesAtMs.length >= state.app.knobs.private_replies) {
    throw numbered(613, 'Calls to this api have exceeded the rate limit.');
  }
  page.privateRepliesAtMs.push(now);
}

/** Seven days. What Meta says after them is not documented, so it is a knob. */
function demandRecent(call: Call, comment: Comment): void {
  const { state } = call.world;
  if (comment.createdAt + privateReplySeconds > nowSeconds(state)) return;
  if (state.app.knobs.late_private_reply === 10902) throw numbered(10902, 'This is not a Replyable activity');
  throw numbered(10, 'This message is sent outside of allowed window.', { http: 400 });
}

/** That the person may be written to, is there, and is not in the hands of another app. */
function demandReachable(call: Call, customer: Customer): void {
  const { state } = call.world;
  if (state.app.knobs.access === 'standard' && !customer.hasAppRole) throw notApproved();
  switch (customer.reachable) {
    case 'blocked':
      throw new GraphError(551, "(#551) This person isn't available right now.", { subcode: 1545041 });
    case 'blocked_as_200':
      throw numbered(200, "This person isn't available right now.", { http: 400, subcode: 1545041 });
    case 'not_receiving':
      throw numbered(10, "This person isn't receiving messages from you right now.", { http: 400, subcode: 2018108 });
    case 'yes':
  }
  if ((findThread(state, customer.pageId, customer.psid)?.ownerAppId ?? null) === null) return;
  const message = 'Message failed to send because another app is controlling this thread now.';
  throw numbered(10, message, { http: 400, subcode: 2018300 });
}

const notApproved = () =>
  numbered(
    200,
    'Cannot message users who are not admins, developers or testers of the app until pages_messaging permission is reviewed and the app is live.',
    { http: 400, subcode: 2018028 },
  );

const restricted = () =>
  numbered(10, 'This Page is temporarily restricted from sending messages.', { http: 400, subcode: 1893063 });

interface Content {
  text: string;
  metadata: string | null;
}

/** Reads and checks the message; notes it for the ledger first, so that refused sends are seen too. */
function readContent(call: Call, caller: PageCaller, target: { recipient: string | null; comment_id: string | null }) {
  const message = recordParam(call.params, 'message');
  const content: Content = {
    text: typeof message?.text === 'string' ? message.text : '',
    metadata: typeof message?.metadata === 'string' ? message.metadata : null,
  };
  const kind = target.comment_id === null ? 'message' : 'private_reply';
  call.send = { kind, page_id: caller.page.id, ...target, ...content, id: null };
  if (!message) throw numbered(100, 'The parameter message is required.');
  if (content.text.trim() === '' && !isRecord(message.attachment)) throw numbered(100, 'Empty text');
  if ([...content.text].length > greatestText) {
    throw numbered(100, `Length of param message[text] must be less than or equal to ${greatestText}`);
  }
  if ((content.metadata?.length ?? 0) > greatestMetadata) {
    throw numbered(100, `Length of param message[metadata] must be less than or equal to ${greatestMetadata}`);
  }
  return content;
}

/** 24 hours from the last word of the person; a human agent has seven days, if the app may. */
function demandWindow(call: Call, customer: Customer): void {
  const { state } = call.world;
  const lastInboundAtMs = findThread(state, customer.pageId, customer.psid)?.lastInboundAtMs ?? 0;
  const age = nowMs(state) - lastInboundAtMs;
  const isTagged = textParam(call.params, 'messaging_type') === 'MESSAGE_TAG';
  if (isTagged) demandTag(call);
  demandType(call);
  if (age < (isTagged ? 7 * dayMs : dayMs)) return;
  throw numbered(10, 'This message is sent outside of allowed window.', { http: 400, subcode: 2018278 });
}

function demandType(call: Call): void {
  const type = textParam(call.params, 'messaging_type') ?? 'RESPONSE';
  if (['RESPONSE', 'UPDATE', 'MESSAGE_TAG'].includes(type)) return;
  throw numbered(100, `Param messaging_type must be one of {RESPONSE, UPDATE, MESSAGE_TAG} - got "${type}".`);
}

function demandTag(call: Call): void {
  const tag = textParam(call.params, 'tag');
  if (tag !== 'HUMAN_AGENT') throw new GraphError(100, `(#100) The message tag ${tag ?? ''} is not supported.`);
  if (call.world.state.app.knobs.human_agent) return;
  throw numbered(10, 'The HUMAN_AGENT tag requires the Human Agent feature.', { http: 400 });
}

function dispatch(call: Call, customer: Customer, content: Content, comment: Comment | null) {
  const { state, emitter } = call.world;
  const sent = sendMessage(state, customer, { ...content, appId: state.app.id, commentId: comment?.id ?? null });
  if (comment) comment.privateReplyMid = sent.message.mid;
  if (call.send) call.send.id = sent.message.mid;
  for (const change of sent.changes) emitter.emit(change);
  return { recipient_id: customer.psid, message_id: sent.message.mid };
}
