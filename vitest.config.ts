import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: ['packages/*/vitest.config.ts', 'apps/*/vitest.config.ts', 'tooling/*/vitest.config.ts'],
    passWithNoTests: true,
    // Property tests on a busy machine take long; the limit is for what hangs.
    testTimeout: 30_000,
  },
});
