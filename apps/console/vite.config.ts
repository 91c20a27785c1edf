import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** Writes each file once more with gzip: the api sends them as they are. */
const gzip = (): Plugin => ({
  name: 'gzip',
  apply: 'build',
  writeBundle({ dir }) {
    const assets = join(dir!, 'assets');
    for (const name of readdirSync(assets)) {
      if (name.endsWith('.gz')) continue;
      writeFileSync(join(assets, `${name}.gz`), gzipSync(readFileSync(join(assets, name)), { level: 9 }));
    }
  },
});

const api = process.env.API_URL ?? 'http://localhost:4000';
// The api takes requests of its own origin only.
const proxied = { target: api, headers: { origin: api } };

export default defineConfig({
  plugins: [react(), gzip()],
  resolve: { conditions: ['source', 'module', 'browser', 'production'] },
  // The api puts the nonce of each answer in its place (apps/api/src/console).
  html: { cspNonce: '__NONCE__' },
  build: {
    target: 'es2023',
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    // No data: URLs, which the policy forbids.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // For the test of what a first visit loads.
    manifest: true,
  },
  server: {
    proxy: { '/v1': proxied, '/auth': proxied, '/facebook/': proxied, '/docs': proxied, '/openapi.json': proxied },
  },
});
