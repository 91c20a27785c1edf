// Writes src/api.ts from the API's document: npm run generate -w packages/client
import { readFileSync, writeFileSync } from 'node:fs';
import openapiTypescript, { astToString } from 'openapi-typescript';

const document = JSON.parse(readFileSync(new URL('../../apps/api/openapi.json', import.meta.url), 'utf8'));

/** The types of every path, as TypeScript. */
export async function generate() {
  const types = await openapiTypescript(document, { alphabetize: true, defaultNonNullable: false });
  return `// Written by generate.mjs from apps/api/openapi.json. Do not edit.\n${astToString(types)}`;
}

if (import.meta.url === new URL(process.argv[1], 'file:').href) {
  writeFileSync(new URL('./src/api.ts', import.meta.url), await generate());
}
