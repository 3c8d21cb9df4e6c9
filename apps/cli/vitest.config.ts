import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['@dkron/source'] },
  ssr: { resolve: { conditions: ['@dkron/source'] } },
  // The server's controllers have decorators.
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  test: { name: 'cli', include: ['src/**/*.test.ts', 'e2e/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 60_000 },
});
