import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Change } from './webhook-payload.ts';
import { describeIncoming, parseDelivery } from './webhook-payload.ts';

const page = '104500000000001';
const person = '6780000000000001';

const delivery = (...entry: unknown[]) => ({ object: 'page', entry });
const entryOf = (content: object) => ({ id: page, time: 1764000000, ...content });

describe('properties', () => {
  const keys = fc.constantFrom(
    ...['object', 'entry', 'id', 'changes', 'messaging', 'standby', 'field', 'value', 'item', 'verb', 'comment_id'],
    ...[
      'from',
      'sender',
      'recipient',
      'message',
      'mid',
      'read',
      'delivery',
      'timestamp',
      'changed_fields',
      '__proto__',
    ],
  );
  const leaves = fc.oneof(
    fc.constantFrom('page', 'feed', 'comment', 'add', page, person),
    fc.string({ unit: 'binary' }),
    fc.double(),
    fc.constantFrom(null, true),
  );
  const { json } = fc.letrec(tie => ({
    json: fc.oneof({ maxDepth: 6 }, leaves, fc.array(tie('json'), { maxLength: 4 }), fc.dictionary(keys, tie('json'))),
  }));

  test('parseDelivery and describeIncoming never throw', () => {
    const anything = fc.oneof(json, fc.anything());
    fc.assert(
      fc.property(anything, anything, anything, (content, item, body) => {
        const bodies = [
          body,
          delivery(content),
          delivery(entryOf({ changes: [item], messaging: [item], standby: [item] })),
        ];
        for (const change of bodies.flatMap(each => parseDelivery(each) ?? [])) {
          describeIncoming(change.kind, change.payload);
          expect(change.identity.every(part => typeof part === 'string')).toBe(true);
        }
        for (const kind of ['comment.add', 'message', 'message.echo'] as const) describeIncoming(kind, item);
      }),
      { numRuns: 2_000 },
    );
  });

  test('an identity does not depend on batch, order or the order of keys', () => {
    const items = fc.array(fc.oneof(fc.record({ changes: json }), fc.record({ messaging: json })), { maxLength: 6 });
    fc.assert(
      fc.property(items, fc.nat(), (contents, at) => {
        const entries = contents.map(content => {
          const [[name, item]] = Object.entries(content) as [[string, unknown]];
          return entryOf({ [name]: [item] });
        });
        const cut = entries.length > 0 ? at % entries.length : 0;
        const merged = [...entries].reverse().map((entry, index) => reversedKeys({ ...entry, time: index }));
        const whole = parseDelivery(delivery(...entries)) ?? [];
        const split = [entries.slice(cut), entries.slice(0, cut)].flatMap(
          part => parseDelivery(delivery(...part)) ?? [],
        );
        const again = parseDelivery(JSON.parse(JSON.stringify(delivery(...merged)))) ?? [];
        expect(names(split)).toEqual(names(whole));
        expect(names(again)).toEqual(names(parseDelivery(JSON.parse(JSON.stringify(delivery(...entries)))) ?? []));
      }),
      { numRuns: 500 },
    );
  });

  function names(changes: Change[]): string[] {
    return changes.map(({ pageId, kind, time, identity }) => JSON.stringify([pageId, kind, time, identity])).sort();
  }

  function reversedKeys(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(reversedKeys);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([name, part]) => [name, reversedKeys(part)]),
    );
  }
});
