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
