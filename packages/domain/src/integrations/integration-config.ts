import { z } from 'zod';

const replyText = z
  .string()
  .trim()
  .min(1)
  .max(1_900)
  .describe('May hold {page_name} and {sender_name}. Messenger takes 2,000 characters at most.');

/** How an integration behaves. Holds no credential; what is not given has its default. */
export const integrationConfigInput = z.strictObject({
  auto_reply: z.boolean().default(false).describe('Answer comments and messages by itself.'),
  webhook_enabled: z.boolean().default(true).describe('Receive events. When false the page is unsubscribed.'),
  message_reply: z.strictObject({ text: replyText }).optional(),
  comment_reply: z
    .strictObject({
      text: replyText,
      visibility: z
        .enum(['public', 'private'])
        .default('public')
        .describe('As a comment, or as a message to its author.'),
    })
    .optional(),
});

export type IntegrationConfig = z.output<typeof integrationConfigInput>;

/** For PATCH: what is given replaces the same field, `null` takes a text back to its default. */
export const integrationConfigPatch = z.strictObject({
  auto_reply: z.boolean().optional(),
  webhook_enabled: z.boolean().optional(),
  message_reply: integrationConfigInput.shape.message_reply.unwrap().nullable().optional(),
  comment_reply: integrationConfigInput.shape.comment_reply.unwrap().nullable().optional(),
});

/** The config after a patch. */
export function patchConfig(
  config: IntegrationConfig,
  patch: z.output<typeof integrationConfigPatch>,
): IntegrationConfig {
  const merged = Object.entries({ ...config, ...patch }).filter(([, value]) => value !== null && value !== undefined);
  return integrationConfigInput.parse(Object.fromEntries(merged));
}
