/** What Postgres cannot hold (U+0000, halves of surrogate pairs) is dropped: a page may call itself what it likes. */
export const storable = (text: string): string => text.replace(/\0|\p{Surrogate}/gu, '').slice(0, 2_000);
