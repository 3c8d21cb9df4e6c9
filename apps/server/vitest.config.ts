import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['@dkron/source'] },
  ssr: { resolve: { conditions: ['@dkron/source'] } },
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  test: {
    name: 'server',
    include: ['src/**/*.test.ts', 'e2e/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
