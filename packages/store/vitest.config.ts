import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['@dkron/source'] },
  ssr: { resolve: { conditions: ['@dkron/source'] } },
  test: { name: 'store', include: ['src/**/*.test.ts'], testTimeout: 30_000 },
});
