import { defineConfig } from 'vitest/config';

/** The unit tests of one room; run.ts says which. */
export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: [`test/${process.env.MUTATED_ROOM ?? 'plan'}/**/*.test.ts`],
    testTimeout: 60_000,
    maxWorkers: 1,
  },
});
