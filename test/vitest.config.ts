import { defineConfig } from 'vitest/config';

/** `npm test`: npm packages only. What needs more of the machine lives in test/e2e. */
export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    // test:e2e and test:faults have their own.
    exclude: ['test/e2e/**', 'test/faults/**', 'node_modules/**'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Two cores: more workers only make the embedded PostgreSQL slower.
    maxWorkers: 2,
  },
});
