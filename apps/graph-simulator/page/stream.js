import { clockTime, element } from './parts.js';

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
  into.replaceChildren(...(rows.length > 0 ? rows : [nothing('No comments yet. Write one as a customer.')]));
}

function said(comment, actions) {
  const { from, by_page, deleted, hidden } = comment;
  const marks = [by_page ? 'the Page' : null, hidden ? 'hidden' : null, deleted ? 'deleted' : null].filter(Boolean);
  const tools = element(
    'div',
    { className: 'tools' },
    tool('Answer', () => actions.answer(comment)),
  );
  if (!by_page) tools.append(tool('Remove', () => actions.remove(comment)));
  return element(
    'div',
    { className: `said${by_page ? ' by-page' : ''}${deleted ? ' gone' : ''}` },
    element('span', { className: 'face', ariaHidden: 'true' }, initials(from.name)),
    element(
      'div',
      {},
      element(
        'div',
        { className: 'who' },
        element('strong', { className: 'name' }, from.name),
        [clockTime(comment.at), ...marks].join(' · '),
      ),
      element('div', { className: 'what' }, comment.text),
      ...(deleted ? [] : [tools]),
    ),
  );
}

function tool(label, act) {
  const button = element('button', { type: 'button', className: 'quiet small' }, label);
  button.addEventListener('click', act);
  return button;
}

/** Message threads, the latest first. */
export function drawThreads(into, { threads }) {
  const rows = threads.toReversed().map(thread => {
    const name = thread.customer.name ?? thread.psid;
    const state = thread.window_open ? '24-hour window open' : '24-hour window closed';
    const head = element('header', {}, element('strong', { className: 'name' }, name), element('span', {}, state));
    return element('article', { className: 'thread' }, head, ...thread.messages.flatMap(bubble));
  });
  into.replaceChildren(...(rows.length > 0 ? rows : [nothing('No messages yet. Write one as a customer.')]));
}

function bubble(message) {
  const side = message.author === 'page' ? ' page' : '';
  const via = message.comment_id ? ['private answer to a comment'] : [];
  const details = [clockTime(message.at), ...via].join(' · ');
  return [
    element('div', { className: `bubble${side}` }, message.text),
    element('div', { className: `meta${side}`, title: message.metadata ?? '' }, details),
  ];
}

const nothing = text => element('p', { className: 'nothing' }, text);

const initials = name =>
  name
    .split(/\s+/)
    .slice(0, 2)
    .map(word => [...word][0] ?? '')
    .join('')
    .toUpperCase();
