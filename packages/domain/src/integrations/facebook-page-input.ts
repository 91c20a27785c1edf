import { Secret } from '@pagekeeper/runtime/secret';
import * as z from 'zod';

const token = z
  .string()
  .min(1)
  .max(5_000)
  .regex(/^[\x21-\x7e]+$/, 'must be one word of printable ASCII characters')
  .transform(text => new Secret(text));

/** A page's details and tokens as a customer gives them. The tokens go in and never come out. */
export const facebookPageInput = z.strictObject({
  page_id: z.string().regex(/^[0-9]{1,32}$/, 'must be the decimal id of a page'),
  page_name: z.string().trim().max(200).optional(),
  page_category: z.string().trim().max(200).optional(),
  page_url: z
    .url({ protocol: /^https?$/ })
    .max(2_000)
    .optional(),
  access_token: token.meta({ type: 'string', format: 'password' }).describe("The user access token: the page's login."),
  page_access_token: token.meta({ type: 'string', format: 'password' }).describe('The page access token.'),
});

export type FacebookPageInput = z.output<typeof facebookPageInput>;
