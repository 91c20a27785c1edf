/**
 * What Postgres cannot hold (U+0000, halves of surrogate pairs) is dropped: a page may call itself what it likes, and a
 * message may be cut within a character.
 */
export const storable = (text: string, maxLength = 2_000): string =>
  text.slice(0, maxLength).replace(/\0|\p{Surrogate}/gu, '');
