import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');

const rows = [...read('SECURITY.md').matchAll(/^\| (\d+) +\| (.*?) +\| (.*?) +\| (.*?) +\|$/gm)].map(
  ([, number, threat, , proof]) => ({
    threat: `${number}: ${threat}`,
    proofs: [...proof!.matchAll(/\[(.+?)\]\((.+?)\)/g)].map(([, title, path]) => ({ title: title!, path: path! })),
  }),
);

describe('the table of threats', () => {
  it('has a line for each of the 39', () => {
    expect(rows.map(({ threat }) => Number.parseInt(threat, 10))).toEqual(
      Array.from({ length: 39 }, (_, at) => at + 1),
    );
  });

  it.each(rows.map(row => [row.threat, row] as const))('%s: is proven by tests that exist', (_threat, { proofs }) => {
    expect(proofs.length).toBeGreaterThan(0);
    for (const { title, path } of proofs) {
      expect(existsSync(join(root, path)), path).toBe(true);
      expect(read(path), path).toContain(title);
    }
  });
});
