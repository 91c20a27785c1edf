import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { slugCandidates, slugFrom, slugPattern } from './slug.ts';

// fast-check says its seed when a property fails.
const name = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme', maxLength: 200 }), fc.lorem());

describe('a slug made of a name', () => {
  it('is one, with room for a suffix, whatever the name', () => {
    fc.assert(
      fc.property(name, text => {
        const slug = slugFrom(text, 'organization');
        expect(slug).toMatch(slugPattern);
        expect(slug.length).toBeLessThanOrEqual(50);
        expect(slugFrom(slug, 'organization')).toBe(slug);
      }),
    );
  });

  it('has others beside it when it is taken, all different', () => {
    fc.assert(
      fc.property(name, text => {
        const candidates = [...slugCandidates(slugFrom(text, 'business'))];
        for (const candidate of candidates) expect(candidate).toMatch(slugPattern);
        expect(new Set(candidates).size).toBe(candidates.length);
      }),
    );
  });
});
