import * as z from 'zod';

const replyText = z
  .string()
  .trim()
  .min(1)
  .max(1_900)
  .describe(
    'May hold {page_name} and {sender_name}, which is "there" in messages and where Facebook tells no name. Messenger takes 2,000 characters at most.',
  );

const messageReply = z.strictObject({ text: replyText });

const commentReply = z.strictObject({
  text: replyText,
  visibility: z.enum(['public', 'private']).default('public').describe('As a comment, or as a message to its author.'),
});

const rules = z
  .array(
    z.strictObject({
      when: z.strictObject({
        kind: z.enum(['comment', 'message']).optional().describe('Both where it is left out.'),
        contains_any: z
          .array(z.string().trim().min(1).max(100))
          .min(1)
          .max(50)
          .describe('Words or phrases, in any case. Whole words, not patterns; signs such as % and + count.'),
      }),
      text: replyText,
    }),
  )
  .max(50)
  .describe('The first rule that fits gives the text. Where none fits, message_reply or comment_reply does.');

const autoReply = z.union([z.boolean(), z.literal('shadow')]);
const replyDelay = z.number().int().min(0).max(3_600);

/** A config is kept whole in each list's row of its integration: a hundred of them must stay a small answer. */
export const maxConfigBytes = 16_384;

const size = `At most ${maxConfigBytes} bytes as JSON in UTF-8, the whole config.`;

const isSmall = (config: object): boolean => Buffer.byteLength(JSON.stringify(config)) <= maxConfigBytes;

/** How an integration behaves. Holds no credential; what is not given has its default. */
export const integrationConfigShape = z.strictObject({
  auto_reply: autoReply
    .default(false)
    .describe('Answer comments and messages by itself. "shadow" decides and stores the answer, and sends nothing.'),
  webhook_enabled: z.boolean().default(true).describe('Receive events. When false the page is unsubscribed.'),
  message_reply: messageReply.optional(),
  comment_reply: commentReply.optional(),
  rules: rules.optional(),
  reply_delay_seconds: replyDelay.optional().describe('How long an answer waits, 0 by default.'),
});

/** What is stored of one, within its size. */
export const integrationConfigInput = integrationConfigShape.refine(isSmall, size).describe(size);

export type IntegrationConfig = z.output<typeof integrationConfigShape>;

/** For PATCH: what is given replaces the same field, `null` takes it back to its default. */
export const integrationConfigPatch = z
  .strictObject({
    auto_reply: autoReply.optional(),
    webhook_enabled: z.boolean().optional(),
    message_reply: messageReply.nullable().optional(),
    comment_reply: commentReply.nullable().optional(),
    rules: rules.nullable().optional(),
    reply_delay_seconds: replyDelay.nullable().optional(),
  })
  .describe(size);

const patched = z.object({ config: integrationConfigInput });

/** The config after a patch. @throws ZodError at `/config` when it is too large then */
export function patchConfig(
  config: IntegrationConfig,
  patch: z.output<typeof integrationConfigPatch>,
): IntegrationConfig {
  const merged = Object.entries({ ...config, ...patch }).filter(([, value]) => value !== null && value !== undefined);
  return patched.parse({ config: Object.fromEntries(merged) }).config;
}

/** Why an event is pending whose reply is delayed by the config. */
export const waitsForDelay = 'It waits for its delay.';
