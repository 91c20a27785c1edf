/** The token in the address's fragment, taken out of what is shown and kept in the history. */
export function takeToken(): string | null {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  if (token) history.replaceState(history.state, '', `${location.pathname}${location.search}`);
  return token;
}
