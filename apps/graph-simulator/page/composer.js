import { ask, byId } from './parts.js';

const fates = {
  queued: 'Done, and the app is told.',
  held: 'Done; the app is not told yet.',
  not_subscribed: 'Done, but the app is not subscribed to this.',
  no_callback: 'Done, but no callback URL is set.',
};
// Meta's own inbox, where people of the Page answer by hand.
const inbox = { action: 'pass', app_id: '26390203743090' };

let target = null;
let attempt = null;
let pageOf = null;

/** Lets a person write, and act, as a customer of the Page that `currentPage` names. */
export function startComposer(attemptAction, currentPage) {
  [attempt, pageOf] = [attemptAction, currentPage];
  byId('composer').addEventListener('submit', write);
  byId('target').lastElementChild.addEventListener('click', () => setTarget(null));
  for (const button of document.querySelectorAll('[data-event]')) {
    button.addEventListener('click', () => act(button.dataset.event));
  }
}

/** What is written next goes under this comment, or changes it. */
export function setTarget(comment, isEdit = false) {
  target = comment && { id: comment.id, isEdit };
  byId('target').hidden = !comment;
  byId('target').firstElementChild.textContent = comment
    ? `${isEdit ? 'Editing' : 'Under'} the comment of ${comment.from.name}`
    : '';
  byId('fate').textContent = '';
  if (!comment) return;
  document.querySelector('input[name=kind][value=comments]').checked = true;
  byId('text').value = isEdit ? comment.text : '';
  byId('text').focus();
}

async function write(event) {
  event.preventDefault();
  const kind = new FormData(event.target).get('kind');
  const text = byId('text').value;
  const told = await attempt(() => send(kind, text));
  if (!told) return;
  byId('text').value = '';
  setTarget(null);
  byId('fate').textContent = fates[told.delivery ?? told.changes?.[0]?.delivery];
}

function send(kind, text) {
  if (kind === 'comments' && target?.isEdit) return ask('PATCH', `/comments/${target.id}`, { text });
  const under = kind === 'comments' && target ? { parent_id: target.id } : {};
  return ask('POST', `/pages/${pageOf()}/${kind}`, { from: customer(), text, ...under });
}

const customer = () => ({ name: byId('author').value || 'Ana Silva' });

async function act(type) {
  const told = await attempt(() => {
    if (type === 'block') return ask('PUT', `/pages/${pageOf()}/customers`, { ...customer(), reachable: 'blocked' });
    const more = type === 'handover' ? inbox : {};
    return ask('POST', `/pages/${pageOf()}/events`, { type, from: customer(), ...more });
  });
  if (told)
    byId('fate').textContent = type === 'block' ? 'Messages do not reach this customer now.' : fates[told.delivery];
}
