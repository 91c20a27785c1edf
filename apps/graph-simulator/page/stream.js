import { button, clockTime, element, face, redraw } from './parts.js';

/** Comments, newest first, each with what came back. */
export function drawComments(into, { comments }, actions) {
  const rows = comments.toReversed().map(comment => {
    const row = element('article', { className: 'comment' }, said(comment, actions));
    if (comment.private_reply !== null) {
      row.append(element('p', { className: 'private' }, element('b', {}, 'Answered privately'), comment.private_reply));
    }
    if (comment.replies.length > 0) {
      row.append(element('div', { className: 'replies' }, ...comment.replies.map(reply => said(reply, actions))));
    }
    return row;
  });
  redraw(into, rows.length > 0 ? rows : [nothing('No comments yet. Write one as a customer.')]);
}

function said(comment, actions) {
  const { id, from, by_page, deleted, hidden } = comment;
  const marks = [by_page ? 'the Page' : null, hidden ? 'hidden' : null, deleted ? 'deleted' : null].filter(Boolean);
  const tool = (label, act) =>
    button(label, act, { key: `${label} ${id}`, name: `${label} the comment of ${from.name}` });
  const tools = [
    tool('Answer', () => actions.answer(comment)),
    ...(by_page ? [] : [tool('Edit', () => actions.edit(comment)), tool('Remove', () => actions.remove(comment))]),
  ];
  const who = element(
    'div',
    { className: 'who' },
    element('strong', { className: 'name' }, from.name),
    [clockTime(comment.at), ...marks].join(' · '),
  );
  const what = element('div', { className: 'what' }, comment.text || 'A picture');
  return element(
    'div',
    { className: `said${by_page ? ' by-page' : ''}${deleted ? ' gone' : ''}` },
    face(from.name, by_page),
    element('div', {}, who, what, ...(deleted ? [] : [element('div', { className: 'tools' }, ...tools)])),
  );
}

/** Message threads, the latest first. */
export function drawThreads(into, { threads }, actions) {
  const rows = threads.toReversed().map(thread => {
    const name = thread.customer.name ?? thread.psid;
    const head = element(
      'header',
      {},
      face(name),
      element('strong', { className: 'name' }, name),
      ...marksOf(thread).map(([text, kind]) => element('span', { className: `badge ${kind}` }, text)),
    );
    return element(
      'article',
      { className: 'thread' },
      head,
      ...thread.messages.flatMap(bubble),
      ...toolsOf(thread, actions),
    );
  });
  redraw(into, rows.length > 0 ? rows : [nothing('No messages yet. Write one as a customer.')]);
}

/** What can be undone about a thread. */
function toolsOf(thread, { takeBack, unblock }) {
  const tool = (label, act) => button(label, () => act(thread), { key: `${label} ${thread.psid}` });
  const tools = [
    ...(thread.owner_app_id === null ? [] : [tool('Hand back to the app', takeBack)]),
    ...(thread.customer.reachable === 'yes' ? [] : [tool('Unblock the Page', unblock)]),
  ];
  return tools.length > 0 ? [element('div', { className: 'tools' }, ...tools)] : [];
}

function marksOf({ window_open, owner_app_id, customer }) {
  return [
    customer.reachable === 'yes' ? null : ['has blocked the Page', 'bad'],
    owner_app_id === null ? null : ['another app answers', 'warn'],
    window_open ? ['window open', ''] : ['window closed', 'warn'],
  ].filter(Boolean);
}

function bubble(message) {
  const side = message.author === 'page' ? ' page' : '';
  const details = [
    clockTime(message.at),
    message.comment_id ? 'private answer to a comment' : null,
    message.edits > 0 ? 'edited' : null,
    message.reaction,
  ];
  return [
    element('div', { className: `bubble${side}` }, message.text || 'An attachment'),
    element('div', { className: `meta${side}`, title: message.metadata ?? '' }, details.filter(Boolean).join(' · ')),
  ];
}

const nothing = text => element('p', { className: 'nothing' }, text);
