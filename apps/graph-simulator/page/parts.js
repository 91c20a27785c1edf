export const byId = id => document.getElementById(id);

/** Calls the control API. Rejects with its sentence when it refuses. */
export async function ask(method, path, body) {
  const init = { method, headers: body ? { 'content-type': 'application/json' } : {} };
  const answer = await fetch(`/__sim${path}`, body ? { ...init, body: JSON.stringify(body) } : init).catch(() => null);
  if (!answer) throw new Error('The simulator does not answer.');
  const json = await answer.json();
  if (!answer.ok) throw new Error(json.error);
  return json;
}

/** An element with properties and children. Texts become text nodes: names and messages are never markup. */
export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/** A button that does something. By its key it keeps the focus when its list is drawn anew. */
export function button(label, act, { className = 'quiet small', key = label, name = label } = {}) {
  const made = element('button', { type: 'button', className, ariaLabel: name === label ? null : name }, label);
  made.dataset.key = key;
  made.addEventListener('click', act);
  return made;
}

/** Puts other children in place of those that are there; whoever was at a button by keyboard stays there. */
export function redraw(into, children) {
  const key = into.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  into.replaceChildren(...children);
  if (key === undefined) return;
  [...into.querySelectorAll('[data-key]')].find(candidate => candidate.dataset.key === key)?.focus();
}

/** One line of what is so, with what can be done about it. */
export function fact(label, value, { act, isBad = false } = {}) {
  const text = element('span', { className: 'label' }, element('b', {}, label), element('small', {}, value));
  return element('li', { className: isBad ? 'bad' : '' }, text, ...(act ? [act] : []));
}

/** A round sign for a person: initials, and a colour that is always theirs. */
export function face(name, isPage = false) {
  const initials = name
    .split(/\s+/)
    .slice(0, 2)
    .map(word => [...word][0] ?? '');
  const hue = [...name].reduce((sum, character) => sum + character.codePointAt(0), 0) % 6;
  const className = isPage ? 'face page' : `face hue-${hue}`;
  return element('span', { className, ariaHidden: 'true' }, initials.join('').toUpperCase());
}

/** Enough of a long value to know it by. */
export function short(value) {
  return value.length > 28 ? `${value.slice(0, 12)}…${value.slice(-8)}` : value;
}

/** How long ago, in a word. */
export function since(at) {
  const seconds = Math.round((Date.now() - Date.parse(at)) / 1000);
  if (seconds < 60) return 'now';
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  return new Date(at).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}

/** A time of the virtual clock. */
export function clockTime(at) {
  return new Date(at).toLocaleString(undefined, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' });
}

/** A moment of the virtual clock in full. */
export function fullTime(at) {
  return new Date(at).toLocaleString(undefined, {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
  });
}

/** `1 Page`, `3 Pages`. */
export const counted = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;
