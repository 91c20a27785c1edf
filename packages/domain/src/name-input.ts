import * as z from 'zod';

/** Line breaks and the like, and what turns the direction of everything behind it: names stand in the midst of mails. */
const unruly = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffe\uffff]/u;
/** A letter, a digit, a sign: something that one can see and click. */
const visible = /[\p{L}\p{N}\p{P}\p{S}]/u;

/** What people call an organization, a business, an integration, a key, or themselves. */
export const nameInput = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .refine(name => !unruly.test(name), 'may hold no line breaks, control characters or marks that turn the direction')
  .refine(name => name === '' || visible.test(name), 'must have something to see in it');
