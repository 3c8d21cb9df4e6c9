import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['@dkron/source'] },
  ssr: { resolve: { conditions: ['@dkron/source'] } },
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  test: {
    name: 'agent',
    include: ['src/**/*.test.ts', 'e2e/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
