import { ask, button, byId, counted, element, fact, redraw, short } from './parts.js';

let attempt = null;
let page = null;

/** Begins to show who runs the Page; `attemptAction` runs what a person sets off, and tells what went wrong. */
export function startPeople(attemptAction) {
  attempt = attemptAction;
  byId('owner').addEventListener('change', () => {
    forgetTokens();
    drawFacts();
  });
}

/** Shows the people of a Page. */
export function drawPeople(now) {
  const isOther = page?.id !== now.id;
  page = now;
  if (isOther) forgetTokens();
  const before = byId('owner').value;
  const options = page.people.map(person =>
    element('option', { value: person.id, selected: !isOther && person.id === before }, person.name),
  );
  byId('owner').replaceChildren(...options);
  drawFacts();
}

function forgetTokens() {
  byId('tokens').replaceChildren();
  byId('owner-outcome').textContent = '';
}

const chosen = () => page.people.find(person => person.id === byId('owner').value);

function drawFacts() {
  const person = chosen();
  if (!person) {
    redraw(byId('owner-facts'), [element('li', { className: 'nothing' }, 'Nobody has a role on this Page.')]);
    return;
  }
  redraw(byId('owner-facts'), [
    tokensFact(),
    passwordFact(),
    appFact(person),
    checkpointFact(person),
    roleFact(person),
  ]);
}

const act = (label, event, outcome, className = 'quiet small') =>
  button(label, () => happen(event, outcome), { className });

const tokensFact = () =>
  fact('New login', 'Gives tokens to connect with', { act: button('Log in', logIn, { className: 'small' }) });

const passwordFact = () =>
  fact('Password', 'A new one ends every token', {
    act: act('Change', { type: 'password_change' }, killed => `Password changed: ${killed} ended.`, 'danger small'),
  });

function appFact({ granted }) {
  if (granted.length === 0) return fact('Your app', 'Has no access', { isBad: true });
  // Everybody grants their name; that is not what is meant here.
  const count = granted.filter(scope => scope !== 'public_profile').length;
  return fact('Your app', `Has ${counted(count, 'permission')}`, {
    act: act('Remove', { type: 'deauthorize' }, killed => `App removed: ${killed} ended.`, 'danger small'),
  });
}

function checkpointFact({ checkpoint }) {
  return checkpoint === null
    ? fact('Security check', 'None', {
        act: act('Demand', { type: 'checkpoint' }, () => 'Demanded.', 'danger small'),
      })
    : fact('Security check', `Not passed, so no token works (${checkpoint})`, {
        isBad: true,
        act: act('Lift', { type: 'checkpoint_lifted' }, () => 'Lifted: the same tokens work again.'),
      });
}

function roleFact({ role_removed, tasks }) {
  const where = { page_id: page.id };
  return role_removed
    ? fact('Role on this Page', 'Lost', {
        isBad: true,
        act: act('Give back', { type: 'role_restored', ...where }, () => 'Given back.'),
      })
    : fact('Role on this Page', describeTasks(tasks), {
        act: act('Take away', { type: 'role_removed', ...where }, () => 'Taken away.', 'danger small'),
      });
}

const describeTasks = tasks =>
  tasks.includes('MANAGE') ? 'Full' : tasks.join(', ').toLowerCase().replaceAll('_', ' ') || 'Nothing';

async function happen(event, outcome) {
  const told = await attempt(() => ask('POST', `/people/${byId('owner').value}/events`, event));
  if (!told) return;
  byId('tokens').replaceChildren();
  byId('owner-outcome').textContent = outcome(counted(told.tokens_killed, 'token'));
}

async function logIn() {
  const tokens = await attempt(() => ask('POST', `/people/${byId('owner').value}/tokens`, { lifetime: 'long' }));
  if (!tokens) return;
  const mine = tokens.pages.find(({ page_id }) => page_id === page.id);
  const rows = [tokenRow('User token, 60 days', tokens.user_token)];
  if (mine) rows.push(tokenRow('Page token', mine.page_access_token), tokenRow('Page id', mine.page_id));
  byId('tokens').replaceChildren(...rows);
  byId('owner-outcome').textContent = 'Logged in. These connect the Page again.';
}

function tokenRow(label, value) {
  const copy = button(
    'Copy',
    async () => {
      await navigator.clipboard.writeText(value);
      copy.textContent = 'Copied';
    },
    { name: `Copy: ${label}` },
  );
  const text = element('span', { className: 'label' }, element('small', {}, label), element('code', {}, short(value)));
  return element('li', {}, text, copy);
}
