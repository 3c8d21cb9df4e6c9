import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['@dkron/source'] },
  ssr: { resolve: { conditions: ['@dkron/source'] } },
  test: { name: 'config', include: ['src/**/*.test.ts'], testTimeout: 30_000 },
});
