import { defineConfig } from 'vitest/config';

/** Clusters of processes that take their time: `test:slow` only. */
const isSlow = process.env['DKRON_SLOW'] === '1';

export default defineConfig({
  resolve: { conditions: ['@dkron/source'] },
  ssr: { resolve: { conditions: ['@dkron/source'] } },
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  test: {
    name: 'server',
    ...(isSlow
      ? { include: ['e2e/slow/*.test.ts'] }
      : { include: ['src/**/*.test.ts', 'e2e/**/*.test.ts'], exclude: ['e2e/slow/**'] }),
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
