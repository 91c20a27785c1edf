import type { Integration } from '@pagekeeper/client';

export type Config = Integration['config'];
export type Rule = NonNullable<Config['rules']>[number];

/** What is edited: every field there, texts empty where the default is sent. */
export interface Draft {
  autoReply: 'off' | 'shadow' | 'live';
  webhookEnabled: boolean;
  commentText: string;
  visibility: 'public' | 'private';
  messageText: string;
  delaySeconds: number;
  rules: DraftRule[];
}

export interface DraftRule {
  /** Of this editor only. */
  key: string;
  kind: '' | 'comment' | 'message';
  /** As it is typed: each in a line of its own, for a phrase may hold any sign. */
  words: string;
  text: string;
}

export const draftOf = (config: Config): Draft => ({
  autoReply: config.auto_reply === 'shadow' ? 'shadow' : config.auto_reply ? 'live' : 'off',
  webhookEnabled: config.webhook_enabled,
  commentText: config.comment_reply?.text ?? '',
  visibility: config.comment_reply?.visibility ?? 'public',
  messageText: config.message_reply?.text ?? '',
  delaySeconds: config.reply_delay_seconds ?? 0,
  rules: (config.rules ?? []).map(({ when, text }) => ({
    key: crypto.randomUUID(),
    kind: when.kind ?? '',
    words: when.contains_any.map(phrase => phrase.replaceAll(/[\r\n]+/g, ' ')).join('\n'),
    text,
  })),
});

export const newRule = (): DraftRule => ({ key: crypto.randomUUID(), kind: '', words: '', text: '' });

/** As the API takes it; null takes a field back to its default. */
export function patchOf(draft: Draft) {
  const { autoReply, commentText, messageText, visibility, delaySeconds, rules } = draft;
  // A private answer takes a text of one's own.
  const comment = commentText.trim() ? { text: commentText.trim(), visibility } : null;
  return {
    auto_reply: autoReply === 'shadow' ? ('shadow' as const) : autoReply === 'live',
    webhook_enabled: draft.webhookEnabled,
    comment_reply: comment,
    message_reply: messageText.trim() ? { text: messageText.trim() } : null,
    reply_delay_seconds: delaySeconds > 0 ? delaySeconds : null,
    rules: rules.length === 0 ? null : rules.map(ruleOf),
  };
}

const ruleOf = ({ kind, words, text }: DraftRule): Rule => ({
  when: {
    ...(kind && { kind }),
    contains_any: words
      .split('\n')
      .map(word => word.trim())
      .filter(Boolean),
  },
  text: text.trim(),
});
