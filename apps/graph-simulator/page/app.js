import { drawClock, startClock } from './clock.js';
import { setTarget, startComposer } from './composer.js';
import { ask, button, byId, counted, element, fact, redraw } from './parts.js';
import { drawPeople, startPeople } from './people.js';
import { drawComments, drawThreads } from './stream.js';
import { drawTraffic } from './traffic.js';

const pollMs = 1000;
const shownEntries = 8;
let chosen = null;
let pages = [];
/** What stands on the screen, by which is known whether to draw anew. */
const seen = { revision: -1, pages: -1 };
let isOutage = false;

/** Asks what has changed, and draws it. */
async function refresh() {
  const summary = await ask('GET', '');
  byId('summary').textContent = describe(summary);
  drawClock(summary.clock);
  if (summary.counts.pages !== seen.pages) await refreshPages(summary.counts.pages);
  if (summary.revision === seen.revision || !chosen) return;
  seen.revision = summary.revision;
  await refreshPage(summary);
}

async function refreshPages(count) {
  pages = (await ask('GET', '/pages')).data;
  seen.pages = count;
  byId('empty').hidden = pages.length > 0;
  byId('board').hidden = byId('picker').hidden = pages.length === 0;
  const wanted = [chosen, location.hash.slice(1), pages[0]?.id].find(id => pages.some(page => page.id === id)) ?? null;
  const option = page => element('option', { value: page.id, selected: page.id === wanted }, page.name);
  byId('page').replaceChildren(...pages.map(option));
  if (wanted !== chosen) choosePage(wanted);
}

function choosePage(id) {
  chosen = id;
  seen.revision = -1;
  if (id) history.replaceState(null, '', `#${id}`);
  setTarget(null);
}

async function refreshPage({ counts }) {
  const id = chosen;
  const after = Math.max(0, counts.last_sequence - 300);
  const [page, conversation, ledger, alerts] = await Promise.all([
    ask('GET', `/pages/${id}`),
    ask('GET', `/pages/${id}/conversation?limit=100`),
    ask('GET', `/ledger?page_id=${id}&after=${after}&limit=300`),
    ask('GET', '/alerts'),
  ]);
  // A choice made meanwhile has its own round.
  if (id !== chosen) return;
  drawTraffic(ledger.data.slice(-shownEntries), page.subscribed_fields ? [] : lastAlert(alerts.data, id));
  drawPageFacts(page);
  drawPeople(page);
  byId('comment-count').textContent = conversation.comments.length;
  byId('thread-count').textContent = conversation.threads.length;
  drawComments(byId('comments'), conversation, {
    answer: comment => setTarget(comment),
    edit: comment => setTarget(comment, true),
    remove: comment => attempt(() => ask('DELETE', `/comments/${comment.id}`)),
  });
  const from = ({ psid }) => ({ from: { id: psid } });
  drawThreads(byId('threads'), conversation, {
    takeBack: thread => happenOn(id, { type: 'handover', action: 'take', app_id: null, ...from(thread) }),
    unblock: ({ psid }) => attempt(() => ask('PUT', `/pages/${id}/customers`, { id: psid, reachable: 'yes' })),
  });
}

const happenOn = (pageId, event) => attempt(() => ask('POST', `/pages/${pageId}/events`, event));

const lastAlert = (alerts, pageId) => alerts.filter(alert => alert.page_id === pageId).slice(-1);

function describe({ callback_url, counts }) {
  const waiting = counts.waiting_changes + counts.waiting_retries;
  const parts = [callback_url ? `delivers to ${new URL(callback_url).host}` : 'no callback set'];
  if (waiting > 0) parts.push(`${waiting} waiting`);
  return parts.join(' · ');
}

function drawPageFacts({ id, subscribed_fields, restriction }) {
  byId('subscription').textContent = subscribed_fields
    ? `The app hears of ${counted(subscribed_fields.length, 'kind')} of events.`
    : 'The app is not subscribed to this Page, so nothing is delivered.';
  redraw(byId('page-facts'), [
    fact('Id', id),
    restriction === null
      ? fact('Sending', 'Allowed', {
          act: button('Restrict', () => happenOn(id, { type: 'restricted' }), {
            className: 'danger small',
            key: 'restriction',
          }),
        })
      : fact('Sending', 'Restricted', {
          isBad: true,
          act: button('Allow', () => happenOn(id, { type: 'unrestricted' }), { key: 'restriction' }),
        }),
  ]);
}

/** Makes up a person with a Page, and shows it. */
async function settle(event) {
  event.preventDefault();
  const form = event.target;
  const given = new FormData(form);
  const body = { name: given.get('person'), pages: [{ name: given.get('page') }] };
  const made = await attempt(() => ask('POST', '/people', body), false);
  if (!made) return;
  if (form.dataset.keep === 'true') form.reset();
  chosen = null;
  location.hash = made.pages[0].id;
  seen.pages = -1;
  await attempt(async () => null);
}

/** Runs an action of a person and tells what went wrong, if something did. */
async function attempt(action, looksAfterwards = true) {
  try {
    const result = await action();
    if (looksAfterwards) await refresh();
    tellTrouble(null);
    return result;
  } catch (error) {
    tellTrouble(error);
    return null;
  }
}

function tellTrouble(error) {
  byId('trouble').hidden = !error;
  const text = error?.message ?? '';
  if (byId('trouble').textContent !== text) byId('trouble').textContent = text;
}

/** What the simulator refused stays to be read; that it cannot be reached is over when it can be. */
async function poll() {
  try {
    if (!document.hidden) await refresh();
    if (isOutage) tellTrouble(null);
    isOutage = false;
  } catch (error) {
    isOutage = true;
    tellTrouble(error);
  }
  setTimeout(poll, pollMs);
}
byId('page').addEventListener('change', event => {
  choosePage(event.target.value);
  void attempt(async () => null);
});
for (const form of document.querySelectorAll('.settle')) form.addEventListener('submit', settle);
startClock(attempt);
startComposer(attempt, () => chosen);
startPeople(attempt);
void poll();
