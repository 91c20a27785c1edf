import { defineConfig } from 'vitest/config';

const resolve = { conditions: ['source'], externalConditions: ['source'] };

export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve },
  // The global setup is loaded in an environment of vitest's own, which inherits no conditions.
  environments: { __vitest__: { resolve } },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['src/global-setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
