import { ask, element, short, since } from './parts.js';
import { drawComments, drawThreads } from './stream.js';

const pollMs = 1000;
const byId = id => document.getElementById(id);
const chosen = { page: null, target: null };
let pages = [];
let drawn = '';

/** Asks for everything shown and draws what has changed. */
async function refresh() {
  const summary = await ask('GET', '');
  byId('summary').textContent = describe(summary);
  const { data } = await ask('GET', '/pages');
  if (JSON.stringify(data) !== JSON.stringify(pages)) drawPages(data);
  byId('empty').hidden = pages.length > 0;
  byId('board').hidden = pages.length === 0;
  if (chosen.page) await refreshPage(summary);
}

async function refreshPage(summary) {
  const id = chosen.page;
  const after = Math.max(0, summary.counts.last_sequence - 300);
  const [conversation, ledger] = await Promise.all([
    ask('GET', `/pages/${id}/conversation?limit=100`),
    ask('GET', `/ledger?page_id=${id}&after=${after}&limit=300`),
  ]);
  // A choice made meanwhile has its own round.
  if (id !== chosen.page) return;
  drawActivity(ledger.data.slice(-6).reverse());
  const now = JSON.stringify(conversation);
  if (now === drawn) return;
  drawn = now;
  drawSubscription(conversation.page.subscribed_fields);
  byId('comment-count').textContent = conversation.comments.length;
  byId('thread-count').textContent = conversation.threads.length;
  drawComments(byId('comments'), conversation, { answer, remove });
  drawThreads(byId('threads'), conversation);
}

function describe({ callback_url, clock, counts }) {
  const waiting = counts.waiting_changes + counts.waiting_retries;
  const parts = [callback_url ? `delivers to ${new URL(callback_url).host}` : 'no callback set'];
  if (waiting > 0) parts.push(`${waiting} waiting`);
  if (clock.offset_seconds !== 0) parts.push(`clock at ${clock.virtual_at.slice(0, 16).replace('T', ' ')}`);
  return parts.join(' · ');
}

function drawPages(data) {
  pages = data;
  const known = pages.some(page => page.id === chosen.page);
  const wanted = known ? chosen.page : (pages.find(page => page.id === location.hash.slice(1)) ?? pages[0])?.id;
  byId('page').replaceChildren(
    ...pages.map(page => element('option', { value: page.id, selected: page.id === wanted }, page.name)),
  );
  if (wanted !== chosen.page) choosePage(wanted ?? null);
  else drawOwners();
}

function choosePage(id) {
  chosen.page = id;
  drawn = '';
  if (id) history.replaceState(null, '', `#${id}`);
  setTarget(null);
  byId('tokens').replaceChildren();
  byId('owner-outcome').textContent = '';
  drawOwners();
}

function drawOwners() {
  const people = pages.find(page => page.id === chosen.page)?.people ?? [];
  const before = byId('owner').value;
  byId('owner').replaceChildren(
    ...people.map(person =>
      element(
        'option',
        { value: person.id, selected: person.id === before },
        person.name + (person.role_removed ? ' (role removed)' : ''),
      ),
    ),
  );
  byId('login').disabled = byId('password').disabled = people.length === 0;
}

function drawSubscription(fields) {
  byId('subscription').textContent = fields
    ? `The app listens to ${fields.length} kinds of events of this Page.`
    : 'The app is not subscribed to this Page, so nothing is delivered.';
}

function drawActivity(entries) {
  const rows = entries.map(entry => {
    const isCall = entry.type === 'call';
    const what = isCall
      ? `${entry.method} ${entry.endpoint}`
      : `webhook${entry.attempt > 1 ? ` try ${entry.attempt}` : ''}`;
    const isGood = entry.status >= 200 && entry.status < 300;
    const code =
      isCall && entry.error ? `${entry.status} · #${entry.error.code}` : String(entry.status ?? entry.failure ?? 'cut');
    return element(
      'li',
      {},
      element('code', {}, what),
      element('span', { className: 'hint' }, since(entry.at)),
      element('span', { className: isGood ? 'badge' : 'badge bad' }, code),
    );
  });
  const nothing = element('li', { className: 'nothing' }, 'Nothing has passed yet.');
  byId('activity').replaceChildren(...(rows.length > 0 ? rows : [nothing]));
}

/** The next comment goes under this one. */
function answer(comment) {
  document.querySelector('input[name=kind][value=comments]').checked = true;
  setTarget(comment);
  byId('fate').textContent = '';
  byId('text').focus();
}

async function remove(comment) {
  await attempt(() => ask('DELETE', `/comments/${comment.id}`));
}

function setTarget(comment) {
  chosen.target = comment?.id ?? null;
  byId('target').hidden = !comment;
  byId('target').firstElementChild.textContent = comment ? `Under the comment of ${comment.from.name}` : '';
}

async function write(event) {
  event.preventDefault();
  const kind = new FormData(event.target).get('kind');
  const body = { from: { name: byId('author').value }, text: byId('text').value };
  if (kind === 'comments' && chosen.target) body.parent_id = chosen.target;
  const told = await attempt(() => ask('POST', `/pages/${chosen.page}/${kind}`, body));
  if (!told) return;
  byId('text').value = '';
  setTarget(null);
  byId('fate').textContent = fates[told.delivery];
}

const fates = {
  queued: 'Written, and the app is told.',
  held: 'Written; the app is not told yet.',
  not_subscribed: 'Written, but the app is not subscribed to this.',
  no_callback: 'Written, but no callback URL is set.',
};

async function changePassword() {
  const told = await attempt(() => ask('POST', `/people/${byId('owner').value}/events`, { type: 'password_change' }));
  if (!told) return;
  byId('tokens').replaceChildren();
  byId('owner-outcome').textContent = `Password changed: ${told.tokens_killed} tokens ended.`;
}

async function logIn() {
  const tokens = await attempt(() => ask('POST', `/people/${byId('owner').value}/tokens`, { lifetime: 'long' }));
  if (!tokens) return;
  const mine = tokens.pages.find(page => page.page_id === chosen.page);
  const rows = [tokenRow('User token, 60 days', tokens.user_token)];
  if (mine) rows.push(tokenRow('Page token', mine.page_access_token), tokenRow('Page id', mine.page_id));
  byId('tokens').replaceChildren(...rows);
  byId('owner-outcome').textContent = 'Logged in. These connect the Page again.';
}

function tokenRow(label, value) {
  const button = element('button', { type: 'button', className: 'quiet small' }, 'Copy');
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(value);
    button.textContent = 'Copied';
  });
  return element('li', {}, element('span', {}, element('small', {}, label), element('code', {}, short(value))), button);
}

/** Runs an action of a person and tells what went wrong, if something did. */
async function attempt(action) {
  try {
    const result = await action();
    await refresh();
    return result;
  } catch (error) {
    tellTrouble(error);
    return null;
  }
}

function tellTrouble(error) {
  byId('trouble').hidden = !error;
  byId('trouble').textContent = error?.message ?? '';
}

async function poll() {
  try {
    if (!document.hidden) {
      await refresh();
      tellTrouble(null);
    }
  } catch (error) {
    tellTrouble(error);
  }
  setTimeout(poll, pollMs);
}

byId('page').addEventListener('change', async event => {
  choosePage(event.target.value);
  await attempt(async () => null);
});
byId('composer').addEventListener('submit', write);
byId('target').lastElementChild.addEventListener('click', () => setTarget(null));
byId('password').addEventListener('click', changePassword);
byId('login').addEventListener('click', logIn);
void poll();
