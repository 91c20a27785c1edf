/** Lower-case words of a-z and 0-9 joined by single hyphens. */
export const slugPattern = /^(?=.{1,63}$)[a-z0-9]+(-[a-z0-9]+)*$/;

// Room for a suffix like -12 or a random one within 63 characters.
const maxBaseLength = 50;

/**
 * A slug from a name: accents dropped, everything else that is not a letter or digit becomes a hyphen.
 * @param fallback used for names that leave nothing ("日本")
 */
export function slugFrom(name: string, fallback: string): string {
  const ascii = name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  const slug = ascii
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, maxBaseLength)
    .replace(/^-+|-+$/g, '');
  return slug || fallback;
}

/** What to try when a made slug is taken: `name`, `name-2` … `name-9`, then one nobody will have. */
export function* slugCandidates(base: string): Generator<string> {
  yield base;
  for (let suffix = 2; suffix <= 9; suffix += 1) yield `${base}-${suffix}`;
  yield `${base}-${Math.random().toString(36).slice(2, 10)}`;
}
