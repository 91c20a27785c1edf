import fc from 'fast-check';
import { fromUUID } from 'typeid-js';
import { describe, expect, it } from 'vitest';
import { idAt, idPrefixes, newId, newIdAt, parsePublicId, publicId } from './ids.ts';

describe('a public id', () => {
  it('is the TypeID of its uuid, and leads back to it', () => {
    fc.assert(
      fc.property(
        fc.uuid(),
        fc.constantFrom(...(Object.keys(idPrefixes) as (keyof typeof idPrefixes)[])),
        (id, kind) => {
          expect(publicId(kind, id)).toBe(fromUUID(id, idPrefixes[kind]));
          expect(parsePublicId(kind, publicId(kind, id))).toBe(id);
        },
      ),
    );
  });

  it('of another kind, or damaged, is none', () => {
    const id = publicId('business', newId());
    expect(parsePublicId('integration', id)).toBeNull();
    for (const text of ['', 'biz_', 'biz_x', id.toUpperCase(), `${id}0`, id.slice(0, -1), `${id}\u0000`]) {
      expect(parsePublicId('business', text), text).toBeNull();
    }
  });
});

describe('an id of another moment', () => {
  it('lies among the ids of that moment, and is like any other', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 47 }), ms => {
        const id = newIdAt(new Date(ms));
        expect(id >= idAt(new Date(ms)) && id < idAt(new Date(ms + 1))).toBe(true);
        expect(parsePublicId('reply', publicId('reply', id))).toBe(id);
        expect(newIdAt(new Date(ms))).not.toBe(id);
      }),
    );
  });
});
