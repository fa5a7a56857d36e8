import { defineConfig } from 'vitest/config';

/** The unit tests of one room; run.ts says which. */
export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: [`test/${process.env.MUTATED_ROOM ?? 'plan'}/**/*.test.ts`],
    // Instrumented, and beside whatever else the machine does.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    maxWorkers: 1,
  },
});
