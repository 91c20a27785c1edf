import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';

it('the types are those of the API: npm run generate -w packages/client writes them anew', async () => {
  // @ts-expect-error a script without types
  const { generate } = await import('../generate.mjs');
  const file = new URL('../src/api.ts', import.meta.url);
  expect((await readFile(file, 'utf8')) === (await generate())).toBe(true);
});
