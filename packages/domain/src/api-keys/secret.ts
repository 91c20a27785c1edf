import { createHash, randomBytes } from 'node:crypto';

/** What tells people and scanners of leaked secrets that it is one of ours. */
const mark = 'pgk_live_';
const shownLetters = 6;

/** The secret of an API key: 32 random bytes. Whoever has it acts as the key. */
export const newSecret = (): string => `${mark}${randomBytes(32).toString('base64url')}`;

export const isSecret = (text: string): boolean => /^pgk_live_[A-Za-z0-9_-]{43}$/.test(text);

/** Its beginning, by which people tell keys apart; 220 of its bits stay unknown. */
export const prefixOf = (secret: string): string => secret.slice(0, mark.length + shownLetters);

/** What is stored of it. A plain hash is enough: nobody guesses 256 random bits. */
export const hashOf = (secret: string): Buffer => createHash('sha256').update(secret).digest();
