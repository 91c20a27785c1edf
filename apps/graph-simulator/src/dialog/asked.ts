import * as z from 'zod';

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
  config_id: z.string().max(100).optional(),
  response_type: z.literal('code').optional(),
  override_default_response_type: z.string().max(10).optional(),
  display: z.string().max(20).optional(),
  person_id: z.string().optional(),
});

export const decisionSchema = askedSchema.extend({
  person_id: z.string(),
  /** `nothing` goes back with neither a code nor an error, which no app should count on never to happen. */
  decision: z.enum(['approve', 'deny', 'nothing']),
  /** Set by the form: then what is not ticked is not granted. Without it everything is. */
  chosen: z.string().optional(),
  scopes: many,
  page_ids: many,
});

export type Asked = z.output<typeof askedSchema>;
export type Decision = z.output<typeof decisionSchema>;
