import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['@dkron/source'] },
  ssr: { resolve: { conditions: ['@dkron/source'] } },
  test: { name: 'plugins-slow', include: ['slow/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 60_000 },
});
