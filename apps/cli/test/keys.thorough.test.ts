import { describe } from 'vitest';
import { testRotation } from './key-rotation.ts';

describe('many keys of a system at work', () =>
  testRotation({ values: 100_000, kills: 20, batch: 500, killWithinMs: 100 }));
