import { defineConfig } from 'vitest/config';

/** `npm run test:faults`: every dependency in every way it fails, and a short soak. npm packages only. */
export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: ['test/faults/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});
