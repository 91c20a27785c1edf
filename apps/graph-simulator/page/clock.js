import { ask, byId, counted, fullTime } from './parts.js';

/** Lets the clock be moved. */
export function startClock(attempt) {
  for (const button of document.querySelectorAll('[data-seconds]')) {
    const advance_seconds = Number(button.dataset.seconds);
    button.addEventListener('click', () => attempt(() => ask('POST', '/clock', { advance_seconds })));
  }
  byId('leap').addEventListener('submit', event => {
    event.preventDefault();
    const advance_seconds = Number(byId('days').value) * 86_400;
    void attempt(() => ask('POST', '/clock', { advance_seconds }));
  });
  byId('real-time').addEventListener('click', () => attempt(() => ask('POST', '/clock', { offset_seconds: 0 })));
}

/** Shows the virtual time, and how far it is from the real one. */
export function drawClock({ virtual_at, offset_seconds }) {
  byId('clock').textContent = fullTime(virtual_at);
  byId('drifted').hidden = offset_seconds === 0;
  const drift = offset_seconds === 0 ? '' : describe(offset_seconds);
  // What is read out whenever it is written to is written only when it has changed.
  if (byId('drift').textContent !== drift) byId('drift').textContent = drift;
}

function describe(seconds) {
  const side = seconds > 0 ? 'ahead' : 'behind';
  const hours = Math.round(Math.abs(seconds) / 3600);
  if (hours < 1) return `a little ${side}`;
  const days = Math.floor(hours / 24);
  const parts = [days > 0 ? counted(days, 'day') : null, hours % 24 > 0 ? counted(hours % 24, 'hour') : null];
  return `${parts.filter(Boolean).join(' ')} ${side}`;
}
