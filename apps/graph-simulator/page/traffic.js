import { byId, element, redraw, since } from './parts.js';

/** The latest calls of the app and deliveries to it, the newest first. */
export function drawTraffic(entries, alerts) {
  const rows = [...alerts.map(alertRow), ...entries.toReversed().map(entryRow)];
  const nothing = element('li', { className: 'nothing' }, 'Nothing has passed yet.');
  redraw(byId('activity'), rows.length > 0 ? rows : [nothing]);
}

function entryRow(entry) {
  const isCall = entry.type === 'call';
  const what = isCall
    ? `${entry.method} ${entry.endpoint}`
    : `webhook${entry.attempt > 1 ? `, try ${entry.attempt}` : ''}`;
  const isGood = entry.status >= 200 && entry.status < 300;
  const code =
    isCall && entry.error ? `${entry.status} · #${entry.error.code}` : String(entry.status ?? entry.failure ?? 'cut');
  return element(
    'li',
    {},
    element(
      'span',
      { className: `way ${isCall ? 'in' : 'out'}`, title: isCall ? 'from the app' : 'to the app' },
      isCall ? '↙' : '↗',
    ),
    element('code', {}, what),
    element('span', { className: 'hint' }, since(entry.at)),
    element('span', { className: `badge ${isGood ? '' : 'bad'}` }, code),
  );
}

const alertTexts = {
  messaging_failing: 'Messages have not reached the app for a quarter of an hour.',
  webhooks_disabled: 'Webhooks disabled: the app has to subscribe to this Page again.',
};

const alertRow = ({ type }) => element('li', { className: 'alert' }, alertTexts[type]);
