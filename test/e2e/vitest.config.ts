import { defineConfig } from 'vitest/config';

/** `npm run test:e2e`: real servers, real exporters, a real browser. run.ts gets them first. */
export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: ['test/e2e/**/*.test.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // The suites start servers and measure time; side by side they would only disturb each other on two cores.
    fileParallelism: false,
  },
});
