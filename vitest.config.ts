import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: ['packages/*/vitest.config.ts', 'apps/*/vitest.config.ts', 'tooling/*/vitest.config.ts'],
    passWithNoTests: true,
    // End-to-end tests wait more than they compute: two at a time even on two processors.
    maxWorkers: Math.max(2, availableParallelism() - 1),
  },
});
