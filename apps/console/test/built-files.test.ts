import { readdirSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildConsole } from '@pagekeeper/testing/console';
import { beforeAll, describe, expect, it } from 'vitest';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));

/** One file of the build, by its source: what it loads with it, and what later. */
interface Chunk {
  file: string;
  imports?: string[];
  isEntry?: boolean;
  isDynamicEntry?: boolean;
}

let chunks: Record<string, Chunk>;

beforeAll(async () => {
  await buildConsole();
  chunks = JSON.parse(readFileSync(`${dist}.vite/manifest.json`, 'utf8'));
}, 120_000);

/** All that is loaded with these. */
function loadedWith(...names: string[]): Set<string> {
  const loaded = new Set<string>();
  const load = (name: string) => {
    if (loaded.has(name)) return;
    loaded.add(name);
    for (const other of chunks[name]!.imports ?? []) load(other);
  };
  names.forEach(load);
  return loaded;
}

const gzippedBytes = (names: Set<string>): number =>
  [...names].reduce((sum, name) => sum + statSync(`${dist}${chunks[name]!.file}.gz`).size, 0);

const budget = 220_000;
const frame = 'src/shell/Shell.tsx';
const charts = 'src/overview/Charts.tsx';

describe('the first visit', () => {
  it(`loads ${budget / 1_000} kB of JavaScript at most, whatever page it is`, () => {
    const entry = Object.keys(chunks).find(name => chunks[name]!.isEntry)!;
    const pages = Object.keys(chunks).filter(name => chunks[name]!.isDynamicEntry && name !== charts);
    expect(pages.length).toBeGreaterThan(20);
    const sizes = pages.map(page => ({ page, bytes: gzippedBytes(loadedWith(entry, frame, page)) }));
    expect(sizes.filter(({ bytes }) => bytes > budget)).toEqual([]);
    // The charts come later, and only to who sees them.
    for (const page of pages) expect([...loadedWith(entry, frame, page)].join()).not.toMatch(/Charts/);
    expect(gzippedBytes(loadedWith(charts)) + gzippedBytes(loadedWith(entry))).toBeGreaterThan(budget);
  });

  it('loads nothing from anywhere else', () => {
    const names = readdirSync(`${dist}assets`).filter(name => name.endsWith('.css'));
    const styles = names.map(name => readFileSync(`${dist}assets/${name}`, 'utf8')).join('\n');
    expect(styles.length).toBeGreaterThan(1_000);
    expect(styles).not.toMatch(/@import|url\(["']?(https?:)?\/\//);
    const page = readFileSync(`${dist}index.html`, 'utf8');
    const addresses = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(match => match[1]!);
    expect(addresses.length).toBeGreaterThan(1);
    expect(addresses.filter(address => !address.startsWith('/assets/'))).toEqual([]);
  });

  it('has no sources of ours that write markup', () => {
    const folder = fileURLToPath(new URL('../src/', import.meta.url));
    const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name => /\.tsx?$/.test(name));
    const writing = sources.filter(name =>
      /innerHTML|insertAdjacentHTML|document\.write/i.test(readFileSync(`${folder}${name}`, 'utf8')),
    );
    expect([sources.length > 50, writing]).toEqual([true, []]);
  });
});
