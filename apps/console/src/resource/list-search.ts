/** What an address says of the list in it. */
export type Search = Partial<Record<string, string>>;

/** The words that a page reads from its address; what else stands there is dropped. */
export function words<Name extends string>(
  search: Record<string, unknown>,
  ...names: Name[]
): Partial<Record<Name, string>> {
  const known: Partial<Record<Name, string>> = {};
  for (const name of names) {
    const value = search[name];
    if (typeof value === 'string' && value !== '') known[name] = value;
  }
  return known;
}
