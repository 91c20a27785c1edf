/**
 * A thousand changes, Meta's most in one delivery, have half as many. What parsing costs goes by them more than by
 * bytes: a megabyte of people's words took 2 ms, a megabyte of short keys held everybody else up for 200.
 */
export const maxStructuralCharacters = 100_000;

const [quote, backslash] = [0x22, 0x5c];
// Structural characters (RFC 8259), of each pair of brackets the first.
const isStructural = new Uint8Array(256);
for (const character of '[{:,') isStructural[character.charCodeAt(0)] = 1;

/** Whether a JSON text has more structure than a delivery can have. What stands between quotes does not count. */
export function hasTooMuchStructure(json: Buffer): boolean {
  if (json.length <= maxStructuralCharacters) return false;
  let count = 0;
  let isText = false;
  for (let at = 0; at < json.length && count <= maxStructuralCharacters; at += 1) {
    const byte = json[at]!;
    if (byte === quote) isText = !isText;
    else if (!isText) count += isStructural[byte]!;
    // What it escapes may be a quote.
    else if (byte === backslash) at += 1;
  }
  return count > maxStructuralCharacters;
}
