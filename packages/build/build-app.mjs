// Bundles the app in the current folder, src/main.ts into dist/: node ../../packages/build/build-app.mjs
// A start reads a handful of files then instead of some two thousand, and takes a third of the processor's time.
import { readFileSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

/** Have files beside their code: a native module, and the pages of the API's documentation. */
const withFiles = ['@node-rs/argon2', 'swagger-ui-dist'];

/** Named by libraries of ours that can do without them. */
const optional = [
  'better-sqlite3',
  'mariadb',
  'mysql',
  'mysql2',
  'oracledb',
  'pg-native',
  'pg-query-stream',
  'sqlite3',
  'tedious',
];

/** CommonJS in an ES module asks for these. */
const commonJs = [
  `import { createRequire as createRequireOf } from 'node:module';`,
  'const require = createRequireOf(import.meta.url);',
  'const __filename = import.meta.filename;',
  'const __dirname = import.meta.dirname;',
  // As newer Nodes have it: where there is none, pg loads all of fetch to find out where it runs.
  `const navigator = globalThis.navigator ?? { userAgent: 'Node.js' };`,
].join('\n');

/** Stack traces lead to our own sources: a map of everything would cost half a second at the first error. */
const emptyMap = Buffer.from('{"version":3,"sources":[""],"mappings":"A"}').toString('base64');
const librariesUnmapped = {
  name: 'libraries-unmapped',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]node_modules[\\/].*\.[cm]?js$/ }, ({ path }) => ({
      contents: `${readFileSync(path, 'utf8')}\n//# sourceMappingURL=data:application/json;base64,${emptyMap}`,
      loader: 'default',
    }));
  },
};

/** An import evaluates every getter of a builtin, of which one of http's loads all of fetch; `require` does not. */
const httpRequired = {
  name: 'http-required',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:https?$/ }, ({ path, kind }) =>
      kind === 'import-statement' ? { path, namespace: 'required' } : undefined,
    );
    onLoad({ filter: /./, namespace: 'required' }, ({ path }) => ({
      contents: `module.exports = require('${path}');`,
    }));
  },
};

/** Of undici, and without HTTP/2, which it can do without: the rest is fetch, caches, mocks. */
const agentAlone = {
  name: 'agent-alone',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^undici$/ }, ({ path, resolveDir }) => ({
      path,
      namespace: 'agent-alone',
      pluginData: resolveDir,
    }));
    onLoad({ filter: /^undici$/, namespace: 'agent-alone' }, ({ pluginData: resolveDir }) => ({
      contents: `export { default as Agent } from 'undici/lib/dispatcher/agent.js';`,
      resolveDir,
    }));
    onResolve({ filter: /^node:http2$/ }, ({ path }) => ({ path, namespace: 'absent' }));
    onLoad({ filter: /./, namespace: 'absent' }, () => ({ contents: `throw new Error('It is not in this bundle.');` }));
  },
};

rmSync('dist', { recursive: true, force: true });
await build({
  entryPoints: ['src/main.ts'],
  outdir: 'dist',
  bundle: true,
  // What is loaded later stays in files of its own.
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  conditions: ['source'],
  external: [...withFiles, ...optional],
  banner: { js: commonJs },
  plugins: [librariesUnmapped, httpRequired, agentAlone],
  sourcemap: 'linked',
  sourcesContent: false,
  // Less to read and to hash at each start.
  minifyWhitespace: true,
  minifySyntax: true,
  logLevel: 'warning',
});
