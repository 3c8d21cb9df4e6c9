import { defineConfig } from 'vitest/config';

const slow = process.env['PROCESSORS_SLOW'] !== undefined;

export default defineConfig({
  resolve: { conditions: ['@dkron/source'] },
  ssr: { resolve: { conditions: ['@dkron/source'] } },
  test: {
    name: 'processors',
    include: [slow ? 'slow/**/*.test.ts' : 'src/**/*.test.ts'],
    ...(slow && { testTimeout: 120_000, hookTimeout: 60_000 }),
  },
});
