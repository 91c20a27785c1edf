/**
 * An item of `messaging` that nobody answers: what follows each answer of ours, and reactions, by turns.
 * @param number makes it a change of its own within its series
 */
export function quietItem(series: string, pageId: string, number: number): object {
  const timestamp = Date.now();
  const person = { id: `77${String(number % 5_003).padStart(14, '0')}` };
  const mid = `m_${series}_${number}`.padEnd(120, 'Zx3kQ9_vB7');
  const [page, received] = [{ id: pageId }, { sender: person, recipient: { id: pageId }, timestamp }];
  const text = 'Thank you for your message! We will get back to you soon.';
  const echo = { mid, is_echo: true, app_id: 257_000_000_000_001, text };
  const kinds = [
    { sender: page, recipient: person, timestamp, message: echo },
    { ...received, delivery: { mids: [mid], watermark: timestamp + number } },
    { ...received, read: { watermark: timestamp + number } },
    { ...received, reaction: { mid, action: 'react', reaction: 'love', emoji: '\u2764\ufe0f' } },
  ];
  return kinds[number % kinds.length]!;
}
