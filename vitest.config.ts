import { configDefaults, defineConfig } from 'vitest/config';
import { BaseSequencer, type Reporter, type TestSpecification } from 'vitest/node';

const resolve = { conditions: ['source'], externalConditions: ['source'] };
/** The slow ones, for `npm run test:thorough`. */
const thorough = '**/*.thorough.test.ts';
const quick = ['{packages,apps}/*/{src,test}/**/*.test.ts', 'infra/**/*.test.ts'];

/** The last line of a run, for machines and for people in a hurry. */
const tally: Reporter = {
  onTestRunEnd(modules, errors) {
    const tests = modules.flatMap(module => [...module.children.allTests()]);
    const count = (state: string) => tests.filter(test => test.result().state === state).length;
    // What failed before its first test (a file that does not load, an unhandled error) is a failure too.
    const broken = modules.filter(module => module.state() === 'failed' && module.errors().length > 0).length;
    const failed = count('failed') + broken + errors.length;
    process.stdout.write(`\n${count('passed')} passed, ${failed} failed, ${count('skipped')} skipped\n`);
  },
};

/** Small files that run long: left to the end, one worker would wait for the other's. */
const slow =
  /\/(chaos|streams|pages|(check-)?kills|(graph|check)-errors|purge|limits|soft-delete|conversations|keys|tenants)\.test\.ts$/;

class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return [...sorted.filter(file => slow.test(file.moduleId)), ...sorted.filter(file => !slow.test(file.moduleId))];
  }
}

export default defineConfig(({ mode }) => {
  const isThorough = mode === 'thorough';
  const timeoutMs = isThorough ? 600_000 : 30_000;
  return {
    resolve: { conditions: ['source'] },
    ssr: { resolve },
    // The global setup is loaded in an environment of vitest's own, which inherits no conditions.
    environments: { __vitest__: { resolve } },
    test: {
      include: isThorough ? [`{packages,apps,infra}/${thorough}`, 'infra/boot/*.test.ts'] : quick,
      exclude: isThorough ? configDefaults.exclude : [...configDefaults.exclude, thorough],
      globalSetup: ['packages/testing/src/global-setup.ts'],
      env: { NODE_ENV: 'test', ...(isThorough && { THOROUGH: 'on' }) },
      pool: 'forks',
      maxWorkers: 3,
      sequence: { sequencer: SlowestFirst },
      testTimeout: timeoutMs,
      hookTimeout: timeoutMs,
      // Its second is too short for a busy machine. A poll that holds at once takes no longer.
      expect: { poll: { timeout: 10_000 } },
      teardownTimeout: 30_000,
      reporters: ['default', tally],
    },
  };
});
