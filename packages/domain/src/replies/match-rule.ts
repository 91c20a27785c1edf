import type { IntegrationConfig } from '../integrations/integration-config.ts';

type Rule = NonNullable<IntegrationConfig['rules']>[number];

/** Facebook's comments can be long; what stands further down decides nothing. */
const maxLength = 10_000;

/** Scripts that write without spaces: a word may stand anywhere there. */
const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]/u;

/** The first rule that fits: literal words and phrases, in any case, never patterns. Null where none does. */
export function matchRule(
  rules: readonly Rule[],
  kind: 'comment' | 'message',
  text: string,
): { rule: Rule; index: number } | null {
  const folded = fold(text.slice(0, maxLength));
  const words = wordsOf(folded);
  const index = rules.findIndex(
    ({ when }) => (when.kind ?? kind) === kind && when.contains_any.some(phrase => contains(folded, words, phrase)),
  );
  return index < 0 ? null : { rule: rules[index]!, index };
}

function contains(folded: string, words: string, phrase: string): boolean {
  const wanted = fold(phrase);
  const wantedWords = wordsOf(wanted);
  // Emoji and signs are no words, and some scripts do not part them.
  if (wantedWords.trim() === '' || unspaced.test(wanted)) return folded.includes(wanted);
  return words.includes(wantedWords);
}

const fold = (text: string): string => text.normalize('NFKC').toLowerCase();

/** " is this in stock ": a space before and after every word. */
const wordsOf = (text: string): string =>
  ` ${text
    .split(/[^\p{L}\p{N}\p{M}]+/u)
    .filter(Boolean)
    .join(' ')} `;
