import { describe, expect, it } from 'vitest';
import { testRotation } from './key-rotation.ts';
import { pagekeeper } from './run.ts';

describe('keys of a system at work', () => testRotation({ values: 5_000, kills: 3, batch: 10, killWithinMs: 5 }));

it('wrong input is a sentence and exit code 2', async () => {
  const cases = await Promise.all([
    pagekeeper(['keys', 'check', '--sample', 'some']),
    pagekeeper(['keys', 'rotate', '--data', '--batch', '0']),
    pagekeeper(['keys', 'rotate'], { env: { PAGEKEEPER_KEYS: 'k1:c2hvcnQ=' } }),
  ]);
  expect(cases.map(({ code }) => code)).toEqual([2, 2, 2]);
  expect(cases.map(({ stderr }) => stderr.trim())).toEqual([
    expect.stringMatching(/^sample: Invalid input/),
    expect.stringMatching(/^batch: Too small/),
    'MIGRATION_DATABASE_URL is not set.\nDATABASE_URL is not set.\nPAGEKEEPER_KEYS: the key k1 must be 32 bytes in base64, it has 5.',
  ]);
}, 30_000);
