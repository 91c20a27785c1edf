/** What a text of a reply may hold (domain's replies/decide.ts). */
const known = ['{page_name}', '{sender_name}'];

/** For the field: what stands in braces and is no placeholder; undefined where there is none. */
export function unknownPlaceholders(text: string): string | undefined {
  const unknown = [...new Set(text.match(/\{+[\p{L}\p{N}_ .-]{1,40}\}+/gu))].filter(each => !known.includes(each));
  if (unknown.length === 0) return undefined;
  return `Only ${known.join(' and ')} are filled in, not ${unknown.join(', ')}.`;
}
