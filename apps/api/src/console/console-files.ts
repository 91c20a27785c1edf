import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';

/** A built file, and the same with gzip where the build thought it worth it. */
export interface ConsoleFile {
  type: string;
  bytes: Buffer;
  gzipped: Buffer | null;
}

/** The built console in memory: some hundred kilobytes that never change while the process runs. */
export interface ConsoleFiles {
  page: string;
  /** By path, "/assets/index-1a2b3c.js". */
  files: ReadonlyMap<string, ConsoleFile>;
}

const types: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** What `npm run build -w apps/console` made; null where it was not run. */
export function readConsole(): ConsoleFiles | null {
  const folder = join(dirname(createRequire(import.meta.url).resolve('@pagekeeper/console/package.json')), 'dist');
  if (!existsSync(join(folder, 'index.html'))) return null;
  const files = new Map<string, ConsoleFile>();
  for (const name of readdirSync(join(folder, 'assets'))) {
    const type = types[extname(name)];
    if (!type) continue;
    const path = join(folder, 'assets', name);
    const gzipped = existsSync(`${path}.gz`) ? readFileSync(`${path}.gz`) : null;
    files.set(`/assets/${name}`, { type, bytes: readFileSync(path), gzipped });
  }
  return { page: readFileSync(join(folder, 'index.html'), 'utf8'), files };
}
