import { z } from 'zod';

const many = z.preprocess(
  value => (value === undefined || Array.isArray(value) ? value : [value]),
  z.array(z.string()).max(1000).optional(),
);

/** What an app asks of a person; unknown parameters are ignored, as by Facebook. */
export const askedSchema = z.object({
  client_id: z.string(),
  redirect_uri: z.url({ protocol: /^https?$/ }),
  state: z.string().max(4000).optional(),
  scope: z.string().max(2000).optional(),
  auth_type: z.string().max(100).optional(),
  response_type: z.literal('code').default('code'),
  person_id: z.string().optional(),
});

export const decisionSchema = askedSchema.extend({
  person_id: z.string(),
  decision: z.enum(['approve', 'deny']),
  /** Set by the form: then what is not ticked is not granted. Without it everything is. */
  chosen: z.string().optional(),
  scopes: many,
  page_ids: many,
});

export type Asked = z.output<typeof askedSchema>;
