import { defineConfig } from 'vitest/config';

const slow = process.env['EXECUTORS_SLOW'] !== undefined;

export default defineConfig({
  resolve: { conditions: ['@dkron/source'] },
  ssr: { resolve: { conditions: ['@dkron/source'] } },
  test: {
    name: 'executors',
    include: [slow ? 'slow/**/*.test.ts' : 'src/**/*.test.ts'],
    ...(slow && { testTimeout: 120_000, hookTimeout: 180_000 }),
  },
});
