type Fields = Record<string, unknown>;

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});
const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

/** What a person wrote, where a payload has such words: a comment's, a message's. */
export function wordsIn(payload: unknown): { from: string | null; text: string | null } {
  const fields = fieldsOf(payload);
  const value = 'value' in fields ? fieldsOf(fields.value) : fields;
  const message = fieldsOf(value.message);
  return {
    from: textOf(fieldsOf(value.from).name),
    text: textOf(value.message) ?? textOf(message.text),
  };
}
