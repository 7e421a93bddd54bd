import { defineConfig } from 'vitest/config';

/** Suites are divided by cost: each is a project, run alone with `vitest run --project <name>`. */
const suite = (name: string, options: { testTimeoutMs: number; serial?: boolean }) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout: options.testTimeoutMs,
    hookTimeout: 120_000,
    fileParallelism: options.serial !== true,
  },
});

export default defineConfig({
  test: {
    maxWorkers: 2,
    // One report a run, so that .ci/run can add up several runs.
    reporters: ['default', ['json', { outputFile: `.atlas/reports/${process.pid}.json` }]],
    coverage: {
      provider: 'v8',
      include: ['layers/*/src/**/*.ts', 'functions/**/*.ts', 'lib/**/*.ts', 'localstack/**/*.ts'],
      reporter: ['text-summary', 'html', 'lcov'],
    },
    projects: [
      suite('unit', { testTimeoutMs: 30_000 }),
      suite('contract', { testTimeoutMs: 900_000 }),
      suite('integration', { testTimeoutMs: 180_000 }),
      suite('infrastructure', { testTimeoutMs: 120_000 }),
      suite('e2e', { testTimeoutMs: 300_000, serial: true }),
      // The experiments that are short, one at a time: what callers are told must come from the fault alone.
      suite('experiments', { testTimeoutMs: 180_000, serial: true }),
      suite('chaos', { testTimeoutMs: 600_000, serial: true }),
      // It ends by itself, after as many minutes as it is given.
      suite('fuzz', { testTimeoutMs: 0, serial: true }),
    ],
  },
});
