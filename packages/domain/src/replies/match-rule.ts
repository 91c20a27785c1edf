import type { IntegrationConfig } from '../integrations/integration-config.ts';

type Rules = NonNullable<IntegrationConfig['rules']>;

/** Facebook's comments can be long; what stands further down decides nothing. */
const maxLength = 10_000;

/** Scripts that write without spaces: a word may stand anywhere there. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

/** Signs that change what a word means: "C++" is not "C", and "50%" no room number. A comma or a "?" changes nothing. */
const meaningful = /[\p{S}%#&@]/u;

/** The first rule that fits: literal words and phrases, in any case, never patterns. Null where none does. */
export function matchRule(
  rules: Rules,
  kind: 'comment' | 'message',
  text: string,
): { rule: Rules[number]; index: number } | null {
  const folded = fold(text.slice(0, maxLength));
  const words = wordsOf(folded);
  const index = phrasesOf(rules).findIndex(
    (phrases, rule) =>
      (rules[rule]!.when.kind ?? kind) === kind && phrases.some(phrase => contains(folded, words, phrase)),
  );
  return index < 0 ? null : { rule: rules[index]!, index };
}

/** What a text must have: these words beside each other, these letters and signs, or both. */
interface Phrase {
  words: string | null;
  literal: string | null;
}

const contains = (folded: string, words: string, phrase: Phrase): boolean =>
  (phrase.words === null || words.includes(phrase.words)) &&
  (phrase.literal === null || folded.includes(phrase.literal));

/** By rule. Kept as long as the rules are: they stay the same for all events of a drain. */
const known = new WeakMap<Rules, Phrase[][]>();

function phrasesOf(rules: Rules): Phrase[][] {
  const found = known.get(rules) ?? rules.map(({ when }) => when.contains_any.map(toPhrase));
  known.set(rules, found);
  return found;
}

function toPhrase(text: string): Phrase {
  const wanted = fold(text).trim();
  const words = wordsOf(wanted);
  // Emoji and signs are no words, and some scripts do not part them.
  if (words.trim() === '' || unspaced.test(wanted)) return { words: null, literal: wanted };
  return { words, literal: meaningful.test(wanted) ? wanted : null };
}

const fold = (text: string): string => text.normalize('NFKC').toLowerCase().replaceAll(/\s+/gu, ' ');

/** " is this in stock ": a space before and after every word. */
const wordsOf = (text: string): string =>
  ` ${text
    .split(/[^\p{L}\p{N}\p{M}]+/u)
    .filter(Boolean)
    .join(' ')} `;
